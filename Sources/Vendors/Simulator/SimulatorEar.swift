/// What a simulator hears: audio of whatever format as PCM16, where speech is in it, and the samples since the last turn.
struct SimulatorEar: Sendable {
  private enum Source: Sendable {
    case raw(AudioDecoder)
    /// Undeclared audio whose first bytes have to tell what it is.
    case sniffing([UInt8])
    /// A codec that is not decoded here: time passes by the clock, and it is taken for speech.
    case opaque(last: Duration?)
  }

  /// The stream is not what was declared, or nothing that is known.
  struct Undecodable: Error, Equatable {
    var reason: String
  }

  /// Longest audio kept for an answer.
  private static let longestKept = 60

  private(set) var detector: SpeechDetector
  private(set) var channels = 1
  private let settings: SpeechDetector.Settings
  private var source: Source
  /// Samples since the last turn, or as many of them as are kept.
  private var kept: [Int16] = []
  private var keptStart = 0
  /// Total seconds of formats before this one.
  private var earlier = 0.0
  private var phase = 0

  /// - Parameter format: nil for audio that says itself what it is.
  init(format: AudioFormat?, settings: SpeechDetector.Settings) {
    self.settings = settings
    (source, detector, channels) = Self.begin(format, settings)
  }

  private static func begin(_ format: AudioFormat?, _ settings: SpeechDetector.Settings) -> (Source, SpeechDetector, Int) {
    guard let format, format.encoding != .container else { return (.sniffing([]), SpeechDetector(rate: 16_000, settings: settings), 1) }
    if let decoder = AudioDecoder(format) { return (.raw(decoder), SpeechDetector(rate: format.rate, settings: settings), format.channels) }
    return (.opaque(last: nil), SpeechDetector(rate: 16_000, settings: settings), format.channels)
  }

  /// Another format from here on.
  mutating func change(to format: AudioFormat?) {
    earlier += detector.seconds(detector.position)
    (source, detector, channels) = Self.begin(format, settings)
    kept = []
    keptStart = 0
    turnStart = 0
  }

  var rate: Int { detector.rate }
  var position: Int { detector.position }
  /// Audio heard in all.
  var seconds: Double { earlier + detector.seconds(detector.position) }
  /// The sample at which the turn under way began.
  private(set) var turnStart = 0

  /// The samples of a message.
  mutating func samples(_ bytes: [UInt8], now: Duration) throws(Undecodable) -> [Int16] {
    switch source {
    case .raw(var decoder):
      let samples = decoder.decode(bytes)
      source = .raw(decoder)
      return samples
    case .sniffing(let before): return try sniff(before + bytes, now: now)
    case .opaque(let last):
      // A first piece has no time before it; a pause is not speech.
      let elapsed = last.map { min(max(now - $0, .zero), .seconds(1)) } ?? .milliseconds(100)
      source = .opaque(last: now)
      return imagined(Int(elapsed / .milliseconds(1)))
    }
  }

  /// Hears samples, and keeps them.
  mutating func hear(_ samples: [Int16]) -> [SpeechEvent] {
    kept += samples
    let most = Self.longestKept * rate
    if kept.count > 2 * most {
      keptStart += kept.count - most
      kept.removeFirst(kept.count - most)
    }
    return detector.process(samples)
  }

  mutating func finish() -> [SpeechEvent] { detector.finish() }

  /// Kept samples of a stretch, as far as they are still there.
  func samples(from start: Int, to end: Int) -> [Int16] {
    let low = max(start - keptStart, 0), high = min(end - keptStart, kept.count)
    return low < high ? Array(kept[low..<high]) : []
  }

  /// A turn is over: what was heard is no longer needed, but for the last moments, in which the next may have begun.
  mutating func forget() {
    let keep = min(kept.count, rate * 3 / 10)
    keptStart += kept.count - keep
    kept.removeFirst(kept.count - keep)
    turnStart = position
  }

  private mutating func sniff(_ bytes: [UInt8], now: Duration) throws(Undecodable) -> [Int16] {
    guard bytes.count >= 12 else {
      source = .sniffing(bytes)
      return []
    }
    switch ContainerMagic.sniff(bytes) {
    case .wav:
      let header: WAVHeader
      do throws(WAVError) {
        header = try WAVHeader(reading: bytes)
      } catch {
        guard error == .truncated, bytes.count < 1 << 16 else { throw Undecodable(reason: error.description) }
        source = .sniffing(bytes)
        return []
      }
      change(to: header.format)
      return try samples(Array(bytes[header.audioOffset...]), now: now)
    case .some:
      source = .opaque(last: now)
      return imagined(100)
    case nil:
      throw Undecodable(reason: "no encoding was declared, and the audio is in no container that is known")
    }
  }

  /// Speech-like samples in the place of audio that can't be decoded: a syllable every 240 ms.
  private mutating func imagined(_ milliseconds: Int) -> [Int16] {
    let unit =
      SyntheticSpeech.samples(syllables: 1, rate: rate)
      + SyntheticSpeech.silence(milliseconds: SyntheticSpeech.gapMilliseconds, rate: rate)
    return (0..<(rate * milliseconds / 1000)).map { _ in
      defer { phase = (phase + 1) % unit.count }
      return unit[phase]
    }
  }
}
