/// One stream of audio of one format: what its bytes may be and how long they last.
struct AudioStream: Sendable {
  /// Nil where nothing is known.
  private(set) var format: AudioFormat?
  var head: StreamHead
  /// Whether bytes are samples from the first on.
  let isRaw: Bool
  /// Of one sample of all channels; 0 where that is not known.
  private var bytesPerFrame = 0
  /// 0 where that is not known.
  private var bytesPerSecond = 0
  /// Bytes so far, until the head is settled.
  private var headBytes = 0
  /// How long the last message's audio lasts, in nanoseconds; 0 where that is not known.
  private(set) var lastNanoseconds: Int64 = 0

  /// - Parameter container: what was declared beside the format, such as `wav` or `none`.
  init(_ format: AudioFormat?, container: String? = nil) {
    self.format = format
    let name = container.flatMap { ["", "none", "raw"].contains($0) ? nil : $0 }
    let expectation: StreamHead.Expectation
    if let name {
      expectation = .container(ContainerMagic(rawValue: name).map { [$0] } ?? [])
    } else {
      expectation = format.map { Self.expectation($0.encoding) } ?? .unknown
    }
    head = StreamHead(expectation)
    isRaw = expectation == .raw
    bytesPerSecond = format?.bytesPerSecond ?? 0
    if isRaw { bytesPerFrame = format?.bytesPerFrame ?? 0 }
  }

  /// FLAC comes in a stream of its own or in Ogg. The others are packets, or frames that may be joined anywhere.
  private static func expectation(_ encoding: AudioEncoding) -> StreamHead.Expectation {
    if encoding.isRaw { return .raw }
    return switch encoding {
    case .container: .container([])
    case .oggOpus: .container([.ogg])
    case .webmOpus: .container([.webm])
    case .flac: .container([.flac, .ogg])
    default: .unknown
    }
  }

  /// Another format from here on; the same one goes on.
  mutating func change(to stream: AudioStream) {
    if stream.format != format || stream.head.expectation != head.expectation { self = stream }
  }

  /// Takes the audio of one message, whose first bytes the head has, and says what is wrong with it.
  mutating func take(_ bytes: Int) -> AudioViolation? {
    var violation: AudioViolation?
    var audio = bytes
    if head.isOpen {
      headBytes += bytes
      violation = head.judge()
      if let header = head.header, header.format != format {
        // The header is no audio.
        format = header.format
        bytesPerSecond = header.format.bytesPerSecond ?? 0
        audio = max(0, headBytes - header.audioOffset)
      }
    }
    lastNanoseconds = bytesPerSecond > 0 ? Int64(audio) * 1_000_000_000 / Int64(bytesPerSecond) : 0
    guard violation == nil, bytesPerFrame > 1, bytes % bytesPerFrame != 0, let format else { return violation }
    return AudioViolation(
      .partialSample, found: "\(bytes) bytes of audio in one message", expected: "a multiple of \(bytesPerFrame), as for \(format)")
  }
}

extension AudioRules {
  /// What holds where a session declares nothing: the default, else a container where the client could have said otherwise, else nothing
  /// is known.
  func undeclared(_ direction: AudioDirection) -> AudioFormat? {
    if let standard = standard(direction) { return standard }
    let declares = format.query ?? format.message
    let places = direction == .input ? declares?.input : declares?.output
    return places?.encoding == nil && places?.rate == nil ? nil : AudioFormat(encoding: .container, rate: 0)
  }
}
