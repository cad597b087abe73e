/// Why bytes are not a WAV file that can be read.
public enum WAVError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No `RIFF....WAVE` at the front.
  case notWAV
  /// The file ends before its `fmt ` or `data` chunk. A stream may simply not have come far enough.
  case truncated
  /// The chunk that says how long a sample is makes no sense.
  case malformedFormat(String)
  /// A format tag or sample size that is not read here.
  case unsupported(tag: Int, bits: Int)

  public var description: String {
    switch self {
    case .notWAV: "not a WAV file: expected 'RIFF' and 'WAVE' at its front"
    case .truncated: "WAV file ends before its audio"
    case .malformedFormat(let what): "WAV file has \(what)"
    case .unsupported(let tag, let bits):
      "WAV format \(tag) with \(bits) bits a sample is not supported; expected PCM, float, A-law or mu-law"
    }
  }
}
