/// Makes whole messages of a stream of bytes, for an endpoint that wants messages: bytes in, events out.
///
/// Text is checked for UTF-8 as it arrives, so a broken message fails before its end. Memory is bounded by the message limit plus one
/// control frame, and grows with what has come, not with what a header announces. With an inflater, compressed messages are inflated as
/// they arrive, and its limits hold for what they become; its own memory comes on top.
public struct MessageAssembler: ~Copyable, Sendable {
  private var reader: FrameReader
  private var message: [UInt8] = []
  private var isText = false
  private var validator = UTF8Validator()
  private var control: [UInt8] = []
  private var header: FrameHeader?
  private var violation: ProtocolViolation?
  /// Unused, and without memory, where compression was not agreed: the rules then refuse what is marked as compressed.
  private var inflater: Inflater
  private var maximumMessage: UInt64
  private let isCompressing: Bool
  private var isCompressed = false
  /// A piece of compressed payload, unmasked.
  private var scratch: [UInt8] = []

  /// Bytes of compressed payload unmasked at a time.
  private static let step = 16 << 10

  /// The peer's Close frame has come.
  public private(set) var isClosed = false

  /// - Parameters:
  ///   - receiver: the role of the endpoint that reads.
  ///   - maximumMessage: most bytes in a message; 0 is no limit. A compressed one may travel as an eighth more, since deflate adds to
  ///     what it cannot make smaller; what it becomes is bounded by the inflater's limits.
  ///   - inflater: for what the peer sends; nil where permessage-deflate was not agreed.
  public init(receiver: Role, maximumMessage: UInt64 = 16 << 20, inflater: consuming Inflater? = nil) {
    isCompressing = inflater != nil
    let wireLimit = isCompressing ? DeflateLimits.wireLimit(maximumMessage) : maximumMessage
    reader = FrameReader(rules: FrameRules(receiver: receiver, allowsRSV1: isCompressing, maximumMessage: wireLimit))
    self.maximumMessage = maximumMessage
    self.inflater = inflater ?? Inflater()
  }

  /// Allows messages of another size from now on, the one under way included.
  ///
  /// - Parameters:
  ///   - maximumMessage: as for `init`.
  ///   - inflation: what compressed ones may become.
  public mutating func allow(maximumMessage: UInt64, inflation: DeflateLimits) {
    self.maximumMessage = maximumMessage
    inflater.limits = inflation
    reader.allow(maximumMessage: isCompressing ? DeflateLimits.wireLimit(maximumMessage) : maximumMessage)
  }

  /// Bytes that have come of the message under way, inflated.
  public var messageBytes: Int { message.count }

  /// Bytes on the heap for inflating.
  public var inflaterBytes: Int { inflater.memoryBytes }

  /// Nothing is owed: no part of a frame, and no further frame of a message.
  public var isAtBoundary: Bool { reader.isAtBoundary && !reader.rules.isInsideMessage }

  /// Takes the next bytes of the stream and appends what they complete to `events`.
  ///
  /// - Throws: what the peer did wrong; `events` then holds everything before it, and any further call throws the same.
  public mutating func receive(_ bytes: [UInt8], into events: inout [MessageEvent]) throws(ProtocolViolation) {
    try unsafe bytes.span.bytes.withUnsafeBytes { (buffer) throws(ProtocolViolation) in
      try unsafe receive(buffer, into: &events)
    }
  }

  /// The same on a buffer.
  public mutating func receive(_ bytes: UnsafeRawBufferPointer, into events: inout [MessageEvent]) throws(ProtocolViolation) {
    var offset = 0
    while let event = try unsafe next(bytes, at: &offset) { events.append(event) }
  }

  /// The next event alone, for whoever may have enough of them before `bytes` are used up.
  ///
  /// - Parameter offset: where to read on; moved past what was taken.
  /// - Returns: nil when all bytes are used, or the peer has closed.
  /// - Throws: as `receive`.
  public mutating func next(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) throws(ProtocolViolation) -> MessageEvent? {
    if let violation { throw violation }
    do throws(ProtocolViolation) {
      while !isClosed, let event = try unsafe reader.next(bytes, at: &offset) {
        switch event {
        case .header(let header): try begin(header)
        case .payload(let range, let isLast):
          let run = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
          if let event = try unsafe take(run, isLast: isLast) { return event }
        }
      }
      return nil
    } catch {
      violation = error
      message = []
      scratch = []
      throw error
    }
  }

  private mutating func begin(_ header: FrameHeader) throws(ProtocolViolation) {
    self.header = header
    if header.isControl {
      control.removeAll(keepingCapacity: true)
    } else if let opcode = header.knownOpcode, opcode != .continuation {
      isText = opcode == .text
      isCompressed = header.rsv1
      validator = UTF8Validator()
    }
    guard header.isControl || isCompressed || maximumMessage == 0 || reader.rules.announcedBytes <= maximumMessage else {
      throw .messageTooBig
    }
  }

  private mutating func take(_ run: UnsafeRawBufferPointer, isLast: Bool) throws(ProtocolViolation) -> MessageEvent? {
    guard let header, let opcode = header.knownOpcode else { return nil }
    if opcode.isControl {
      unsafe Self.append(run, key: header.maskKey, phase: reader.maskPhase, to: &control)
      return isLast ? try finishControl(opcode) : nil
    }
    let start = message.count
    if isCompressed {
      try unsafe inflate(run, key: header.maskKey, isLast: isLast && header.fin)
    } else {
      unsafe Self.append(run, key: header.maskKey, phase: reader.maskPhase, to: &message)
    }
    if isText {
      let isValid = unsafe message.withUnsafeBytes { unsafe validator.consume(UnsafeRawBufferPointer(rebasing: $0[start...])) }
      guard isValid else { throw .invalidText }
    }
    guard isLast, header.fin else { return nil }
    guard !isText || validator.isComplete else { throw .invalidText }
    defer { message = [] }
    return .message(isText ? .text(String(decoding: message, as: UTF8.self)) : .binary(message))
  }

  /// Unmasks and inflates a run of payload.
  private mutating func inflate(_ run: UnsafeRawBufferPointer, key: UInt32?, isLast: Bool) throws(ProtocolViolation) {
    var offset = 0
    repeat {
      let end = min(run.count, offset + Self.step)
      let piece = unsafe UnsafeRawBufferPointer(rebasing: run[offset..<end])
      scratch.removeAll(keepingCapacity: true)
      unsafe Self.append(piece, key: key, phase: reader.maskPhase + offset, to: &scratch)
      try inflater.inflate(scratch, isLast: isLast && end == run.count, appendingTo: &message)
      offset = end
    } while offset < run.count
  }

  private mutating func finishControl(_ opcode: Opcode) throws(ProtocolViolation) -> MessageEvent {
    switch opcode {
    case .ping: return .ping(control)
    case .pong: return .pong(control)
    default:
      let payload = try ClosePayload.parse(control)
      isClosed = true
      message = []
      return .close(payload)
    }
  }

  /// Appends a run of payload, unmasked.
  private static func append(_ run: UnsafeRawBufferPointer, key: UInt32?, phase: Int, to bytes: inout [UInt8]) {
    let start = bytes.count
    unsafe bytes.append(contentsOf: run)
    guard let key, run.count > 0 else { return }
    unsafe bytes.withUnsafeMutableBytes { unsafe Mask.apply(key, phase: phase, to: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
  }
}
