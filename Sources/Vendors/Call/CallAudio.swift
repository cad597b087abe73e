/// A recording in the format that is sent, cut into pieces of equal length, with silence for afterwards.
struct CallAudio: Sendable {
  let format: AudioFormat
  /// Seconds of one piece; the last one may be shorter.
  let chunkSeconds: Double
  /// One piece of silence.
  let silence: [UInt8]
  /// Where somebody speaks, in seconds; the whole recording where nobody seems to.
  let speech: [Range<Double>]
  /// Whether speech was found.
  let hasSpeech: Bool
  private let bytes: [UInt8]
  /// A stream's header, sent with the first piece.
  private var header: [UInt8] = []
  private let chunkBytes: Int
  private var position = 0

  /// - Parameter chunk: how long a piece is, as far as the limits let it.
  init(_ file: WAVFile, as format: AudioFormat, chunk: Duration, limits: AudioLimits) throws(CallProblem) {
    let samples = file.samples
    guard !samples.isEmpty else { throw .empty }
    self.format = format
    var raw = format
    if format.encoding == .container {
      // A WAV header without a length: the stream ends when it ends.
      raw = AudioFormat(encoding: .pcmS16LE, rate: format.rate)
      header = WAVFile(format: raw, audio: []).bytes ?? []
    }
    guard let frame = raw.bytesPerFrame else { throw .cannotEncode(format) }
    func encoded(_ samples: [Int16]) throws(CallProblem) -> [UInt8] {
      guard let bytes = AudioEncoder.encode(samples, as: raw.encoding, channels: raw.channels) else { throw .cannotEncode(format) }
      return bytes
    }
    bytes = file.format == raw ? file.audio : try encoded(LinearResampler.convert(samples, from: file.format.rate, to: raw.rate))
    let length = max(min(chunk, limits.maxChunk ?? chunk), limits.minChunk ?? .zero)
    var frames = max(Int(length / .microseconds(1)) * raw.rate / 1_000_000, 1)
    if let most = limits.maxChunkBytes { frames = max(min(frames, most / frame), 1) }
    chunkBytes = frames * frame
    chunkSeconds = Double(frames) / Double(raw.rate)
    silence = try encoded([Int16](repeating: 0, count: frames))
    let found = Self.speech(in: samples, rate: file.format.rate)
    hasSpeech = !found.isEmpty
    speech = found.isEmpty ? [0..<Double(samples.count) / Double(file.format.rate)] : found
  }

  var seconds: Double { Double(bytes.count) / Double(chunkBytes) * chunkSeconds }

  var isFinished: Bool { position >= bytes.count }

  /// Seconds that the pieces taken so far last.
  var secondsTaken: Double { Double(position) / Double(chunkBytes) * chunkSeconds }

  /// The next piece of the recording, silence after its end.
  mutating func next() -> [UInt8] {
    guard !isFinished else { return silence }
    let end = min(position + chunkBytes, bytes.count)
    let piece = position == 0 ? header + bytes[..<end] : Array(bytes[position..<end])
    position = end
    return piece
  }

  /// Shorter pauses than any vendor's end of a turn part two stretches, so that each end of a turn is the end of one.
  private static func speech(in samples: [Int16], rate: Int) -> [Range<Double>] {
    var detector = SpeechDetector(rate: rate, settings: SpeechDetector.Settings(silenceMilliseconds: 200))
    let events = detector.process(samples) + detector.finish()
    return events.compactMap { event in
      if case .stopped(let start, let end) = event { detector.seconds(start)..<detector.seconds(max(end, start)) } else { nil }
    }
  }
}
