import WebSocket
@testable import Relay

/// Drives a passage as a session does: a shared buffer with room before it, steps until there are none.
struct Passing {
  private static let headroom = 16

  var passage: TransparentPassage
  private(set) var forwarded: [UInt8] = []
  private(set) var controls: [FrameStream.Control] = []
  /// Runs as `stopAtBoundary` cut them: where each ended in `forwarded`, and whether it had to stop.
  private(set) var runs: [(range: Range<Int>, stopped: Bool)] = []
  /// How many forwarded bytes there were, and what the passage said of them, after each step.
  private(set) var states: [(count: Int, isInside: Bool, judged: Int)] = []
  /// What the inspector had to say, and how many bytes were forwarded by then.
  private(set) var inspections: [(result: Inspection, position: Int)] = []
  /// How many bytes were forwarded before the read under way.
  private(set) var beforeRead = 0
  /// The inspector has ended the session: nothing more is taken.
  private(set) var isOver = false
  private let observer: Observer?

  init(receiver: Role, maximumFrame: UInt64 = 0, maximumMessage: UInt64 = 0, observer: Observer? = nil) {
    self.observer = observer
    passage = TransparentPassage(
      rules: FrameRules(receiver: receiver, maximumFrame: maximumFrame, maximumMessage: maximumMessage), inspector: observer)
  }

  mutating func receive(_ piece: [UInt8], stopAtBoundary: () -> Bool = { false }) throws(ProtocolViolation) {
    beforeRead = forwarded.count
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.headroom + piece.count, alignment: 16)
    defer { unsafe buffer.deallocate() }
    let base = unsafe buffer.baseAddress! + Self.headroom
    unsafe piece.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[Self.headroom...]).copyMemory(from: $0) }
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: piece.count, alignment: 16)
    defer { unsafe scratch.deallocate() }
    unsafe passage.placeCarried(before: base)
    passage.begin()
    let bytes = unsafe UnsafeRawBufferPointer(start: base, count: piece.count)
    while !isOver {
      let stop = stopAtBoundary()
      guard let step = try unsafe passage.next(bytes, stopAtBoundary: stop, scratch: scratch, now: 0) else { break }
      switch step {
      case .forward(let range):
        let before = forwarded.count
        unsafe forwarded.append(contentsOf: UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
        runs.append((before..<forwarded.count, stop))
      case .inspected(let result, let range):
        unsafe forwarded.append(contentsOf: UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
        inspections.append((result, forwarded.count))
        if case .end = result { isOver = true }
      case .control(let opcode):
        controls.append(FrameStream.Control(opcode: opcode, payload: passage.takeControlPayload(), position: forwarded.count))
      }
      states.append((forwarded.count, passage.isInsideFrame, observer?.seen.count ?? 0))
    }
  }
}
