import WebSocket

/// One direction of a session whose payload nobody needs to see: frames are checked at their headers and pass untouched.
///
/// A value without I/O. Give it a read's bytes with `begin`, then take steps until there are none. Data frames come out as runs that
/// span as many frames as the read held, with the sender's own masks; control frames are cut out and handed over whole.
struct TransparentPassage {
  enum Step: Equatable {
    /// Bytes to forward; the range may start before 0, where the caller has put the bytes of a header that two reads share.
    case forward(Range<Int>)
    /// A control frame is complete; its payload is in `control`.
    case control(Opcode)
  }

  private var reader: FrameReader
  private var offset = 0
  private var runStart = 0
  private var frameEnd = 0
  private var violation: ProtocolViolation?
  private var controlOpcode: Opcode?
  private var controlKey: UInt32 = 0
  private var controlCount = 0
  // RFC 6455 section 5.5: a control frame carries at most 125 bytes.
  private var controlBytes = InlineArray<125, UInt8>(repeating: 0)

  /// Whole data messages whose last header has been read.
  private(set) var messages: UInt64 = 0
  /// Whether a data frame has been forwarded in part: nothing may be injected on the other leg before its end.
  private(set) var isInsideFrame = false
  /// Whether any data frame has come.
  private(set) var hasData = false

  init(rules: FrameRules) {
    reader = FrameReader(rules: rules)
  }

  /// Bytes of a header that ended with the last read; they go before the next read's bytes.
  var carriedCount: Int { reader.headerBytesPending }

  /// Copies the carried bytes to the `carriedCount` bytes before `base`.
  func placeCarried(before base: UnsafeMutableRawPointer) {
    let count = reader.headerBytesPending
    guard count > 0 else { return }
    unsafe reader.copyPendingHeader(into: UnsafeMutableRawBufferPointer(start: base - count, count: count))
  }

  /// Starts on a new read.
  mutating func begin() {
    offset = 0
    runStart = -reader.headerBytesPending
    frameEnd = runStart
  }

  /// The payload of the control frame just handed over, unmasked.
  func controlPayload() -> [UInt8] {
    var payload: [UInt8] = []
    payload.reserveCapacity(controlCount)
    for index in 0..<controlCount { payload.append(controlBytes[index]) }
    return payload
  }

  /// The next thing to do with `bytes`, nil when they are used up.
  ///
  /// - Parameter stopAtBoundary: end a run at the end of the first frame, so that something may be injected there.
  /// - Throws: the violation, after every frame before it has been handed out.
  mutating func next(_ bytes: UnsafeRawBufferPointer, stopAtBoundary: Bool) throws(ProtocolViolation) -> Step? {
    if let violation { throw violation }
    while true {
      let event: FrameEvent?
      do throws(ProtocolViolation) {
        event = try unsafe reader.next(bytes, at: &offset)
      } catch {
        violation = error
        guard let run = takeRun(to: frameEnd) else { throw error }
        return run
      }
      guard let event else {
        // What has come of a control frame is collected, not forwarded.
        guard controlOpcode == nil else { return nil }
        return takeRun(to: bytes.count - reader.headerBytesPending)
      }
      switch event {
      case .header(let header):
        if let opcode = header.knownOpcode, opcode.isControl {
          controlOpcode = opcode
          controlKey = header.maskKey ?? 0
          controlCount = 0
          if let run = takeRun(to: offset - header.encodedSize) { return run }
        } else {
          isInsideFrame = true
          hasData = true
          if header.fin { messages &+= 1 }
        }
      case .payload(let range, let isLast):
        if let opcode = controlOpcode {
          unsafe collect(UnsafeRawBufferPointer(rebasing: bytes[range]))
          guard isLast else { continue }
          controlOpcode = nil
          runStart = offset
          frameEnd = offset
          return .control(opcode)
        }
        if isLast {
          isInsideFrame = false
          frameEnd = offset
          if stopAtBoundary, let run = takeRun(to: offset) { return run }
        }
      }
    }
  }

  /// The bytes from the start of the run to `end`, if any; what follows starts a new run.
  private mutating func takeRun(to end: Int) -> Step? {
    guard end > runStart else { return nil }
    defer { runStart = end }
    return .forward(runStart..<end)
  }

  private mutating func collect(_ bytes: UnsafeRawBufferPointer) {
    for index in 0..<bytes.count {
      let shift = UInt32((controlCount & 3) * 8)
      controlBytes[controlCount] = unsafe bytes[index] ^ UInt8(truncatingIfNeeded: controlKey >> shift)
      controlCount += 1
    }
  }
}
