import JSON

/// What the parts work on: the same in every run.
struct Material {
  private var random = SplitMix(seed: 6455)

  /// 16-bit samples: a falling and rising wave with noise.
  mutating func samples(_ count: Int) -> [UInt8] {
    (0..<count / 2).flatMap { index in
      let wave = abs((index * 180) % 24_000 - 12_000) - 6_000
      let sample = Int16(wave) &+ Int16(random.next() & 0x3F)
      return [UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8)]
    }
  }

  /// A message of OpenAI's realtime API of at most `count` bytes, and how many bytes of audio it holds.
  mutating func append(_ count: Int) -> (message: [UInt8], audio: Int) {
    let (opening, closing) = (#"{"type":"input_audio_buffer.append","audio":""#, #""}"#)
    let audio = samples((count - opening.utf8.count - closing.utf8.count) / 4 * 3 & ~1)
    return (Array((opening + Base64.encode(audio) + closing).utf8), audio.count)
  }

  /// Transcript events of exactly `size` bytes; ids and words differ from one to the next.
  mutating func events(_ count: Int, size: Int) -> [[UInt8]] {
    (0..<count).map { _ in
      let head =
        #"{"type":"conversation.item.input_audio_transcription.completed","event_id":"event_\#(identifier())","#
        + #""item_id":"item_\#(identifier())","content_index":0,"usage":{"type":"duration","seconds":\#(random.next() % 60)},"transcript":""#
      var text = ""
      while text.utf8.count < size { text += (text.isEmpty ? "" : " ") + Self.words[Int(random.next() % UInt64(Self.words.count))] }
      return Array((head + text).utf8.prefix(size - 2)) + Array(#""}"#.utf8)
    }
  }

  private mutating func identifier() -> String { String(random.next(), radix: 36) + String(random.next(), radix: 36) }

  private static let words = """
    the of and to in is you that it he was for on are as with his they I at be this have from or one had by word but not what all were we \
    when your can said there use an each which she do how their if will up other about out many then them these so some her would make \
    like him into time has look two more write go see number no way could people my than first water been call who oil its now find long \
    down day did get come made may part appointment transcription conversation microphone understand yesterday tomorrow
    """.split(separator: " ").map(String.init)
}

/// A small generator with a seed (Steele, Lea and Flood: Fast Splittable Pseudorandom Number Generators).
struct SplitMix {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }
}
