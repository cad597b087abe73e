import CLoadOpenSSL

/// What the messages of a run hold.
enum Payload: String {
  /// Samples, in a binary message.
  case binary
  /// Samples in base64 in a text message, as clients of OpenAI's realtime API send them.
  case json

  private static let opening = #"{"type":"input_audio_buffer.append","audio":""#
  private static let closing = #""}"#

  var opcode: UInt8 { self == .binary ? FrameHeader.binary : FrameHeader.text }

  /// A message of `count` bytes, or of as many less as whole samples and whole groups of base64 leave.
  func message(of count: Int) -> [UInt8] {
    switch self {
    case .binary: return Self.samples(count)
    case .json:
      let letters = max(0, count - Self.opening.utf8.count - Self.closing.utf8.count)
      let audio = Opening.base64(Self.samples(letters / 4 * 3 & ~1))
      return Array((Self.opening + audio + Self.closing).utf8)
    }
  }

  /// 16-bit samples of a voice-like sound: three waves with some noise. They begin as no container does, which audio checks look for.
  private static func samples(_ count: Int) -> [UInt8] {
    var noise = [UInt8](repeating: 0, count: count)
    RAND_bytes(&noise, Int32(count))
    return (0..<count).map { index in
      let time = Double(index / 2) / 16_000
      let wave = [(140.0, 6000.0), (420, 2500), (1300, 900)].reduce(0.0) { $0 + $1.1 * triangle(time * $1.0) }
      let sample = Int16(wave) &+ Int16(noise[index & ~1] & 0x3F)
      return UInt8(truncatingIfNeeded: index & 1 == 0 ? sample : sample >> 8)
    }
  }

  /// A wave of period 1 between -1 and 1.
  private static func triangle(_ phase: Double) -> Double { 4 * abs(phase - phase.rounded()) - 1 }
}
