import WebSocket

/// One direction of a session whose bytes pass as they are: frames are checked at their headers, and an inspector, if there is one, sees
/// the messages before their last bytes go on.
///
/// A value without I/O. Give it a read's bytes with `begin`, then take steps until there are none. Data frames come out as runs that
/// span as many frames as the read held, with the sender's own masks; control frames are cut out and handed over whole.
struct TransparentPassage {
  enum Step: Equatable {
    /// Bytes to forward; the range may start before 0, where the caller has put the bytes of a header that two reads share.
    case forward(Range<Int>)
    /// A control frame is complete; its payload is to be taken.
    case control(Opcode)
    /// The inspector has something to say of a message; these bytes, all before it or all up to its end, go on first.
    case inspected(Inspection, behind: Range<Int>)
  }

  private var reader: FrameReader
  private var control = ControlFrame()
  private let inspector: (any Inspector)?
  private var offset = 0
  private var runStart = 0
  private var frameEnd = 0
  private var violation: ProtocolViolation?
  private var isShown = false
  /// The frame under way began in an earlier read, so that a part of it has gone.
  private var hasGone = false
  /// The frame under way continues a message of which earlier frames have gone.
  private var isContinuation = false
  /// A message stays without its last frame.
  private var isCutShort = false
  private var maskKey: UInt32?

  /// Whole data messages whose last header has been read.
  private(set) var messages: UInt64 = 0
  /// Whether a data frame has been forwarded in part: nothing may be injected on the other leg before its end.
  private(set) var isInsideFrame = false

  init(rules: FrameRules, inspector: (any Inspector)? = nil) {
    reader = FrameReader(rules: rules)
    self.inspector = inspector
  }

  /// Whether a message has been forwarded in part: no other message may be injected on the other leg before its end.
  var isInsideMessage: Bool { isInsideFrame || reader.rules.isInsideMessage || isCutShort }

  /// Audio that has passed, in nanoseconds; nil where none is looked for.
  var audio: Int64? { inspector?.audio }

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
    hasGone = isInsideFrame
  }

  /// The payload of the control frame just handed over, unmasked.
  mutating func takeControlPayload() -> [UInt8] { control.takePayload() }

  /// The next thing to do with `bytes`, nil when they are used up.
  ///
  /// - Parameters:
  ///   - stopAtBoundary: end a run at the end of the first frame, so that something may be injected there.
  ///   - scratch: room for as many bytes, for an inspector to read them unmasked.
  ///   - now: milliseconds, for an inspector.
  /// - Throws: the violation, after every frame before it has been handed out.
  mutating func next(
    _ bytes: UnsafeRawBufferPointer, stopAtBoundary: Bool,
    scratch: UnsafeMutableRawBufferPointer, now: Int64
  ) throws(ProtocolViolation) -> Step? {
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
        guard !control.isOpen else { return nil }
        return takeRun(to: bytes.count - reader.headerBytesPending)
      }
      switch event {
      case .header(let header):
        if control.begin(header) {
          if let run = takeRun(to: offset - header.encodedSize) { return run }
        } else {
          isInsideFrame = true
          if header.fin { messages &+= 1 }
          if let inspector { begin(header, inspector) }
        }
      case .payload(let range, let isLast):
        if control.isOpen {
          guard let opcode = unsafe control.collect(UnsafeRawBufferPointer(rebasing: bytes[range]), isLast: isLast) else { continue }
          runStart = offset
          frameEnd = offset
          return .control(opcode)
        }
        if isShown { unsafe show(UnsafeRawBufferPointer(rebasing: bytes[range]), scratch) }
        guard isLast else { continue }
        if let inspector, !reader.rules.isInsideMessage {
          let result = inspector.end(bytes: reader.rules.announcedBytes, now: now)
          if result != .pass { return conclude(result) }
        }
        endFrame()
        if stopAtBoundary, let run = takeRun(to: offset) { return run }
      }
    }
  }

  /// The bytes from the start of the run to `end`, if any; what follows starts a new run.
  private mutating func takeRun(to end: Int) -> Step? {
    guard end > runStart else { return nil }
    defer { runStart = end }
    return .forward(runStart..<end)
  }

  // MARK: Inspection

  private mutating func begin(_ header: FrameHeader, _ inspector: any Inspector) {
    maskKey = header.maskKey
    isContinuation = header.knownOpcode == .continuation
    if !isContinuation { isShown = inspector.begin(isText: header.knownOpcode == .text) }
  }

  private func show(_ run: UnsafeRawBufferPointer, _ scratch: UnsafeMutableRawBufferPointer) {
    guard let inspector, run.count > 0 else { return }
    guard let maskKey else { return unsafe inspector.consume(run) }
    let plain = unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[..<run.count])
    unsafe Mask.apply(maskKey, phase: reader.maskPhase, from: run, to: plain)
    unsafe inspector.consume(UnsafeRawBufferPointer(plain))
  }

  private mutating func endFrame() {
    isInsideFrame = false
    hasGone = false
    frameEnd = offset
  }

  /// A message that is let go ends the run. Of one that is not, the frame under way is held back, unless a part of it has gone before:
  /// then the rest is missing, and the frame stays open.
  private mutating func conclude(_ result: Inspection) -> Step {
    if case .end = result {
      isInsideFrame = hasGone
      isCutShort = isContinuation
    } else {
      endFrame()
    }
    defer { runStart = frameEnd }
    return .inspected(result, behind: runStart..<frameEnd)
  }
}
