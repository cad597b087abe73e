import TestSupport
import Testing
import WebSocket
@testable import Relay

/// An inspector on bytes that pass as they are.
@Suite struct TransparentInspectionTests {
  private static let end = SessionEnd(name: "test_end", code: .policyViolation, reason: "Enough")

  private static func longest(_ seed: UInt64) -> Int { [1, 3, 17, 200, 4_000, 70_000, 300_000][Int(seed % 7)] }

  /// Short streams where they come in small pieces.
  private static func stream(_ seed: UInt64, _ receiver: Role, using random: inout SeededGenerator) -> FrameStream {
    FrameStream(sender: receiver.peer, messages: 20, longest: longest(seed) < 17 ? 1_500 : 70_000, using: &random)
  }

  @Test(arguments: [Role.client, .server])
  func seesEveryMessageBeforeItsEnd(receiver: Role) throws {
    for seed in 0..<42 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let stream = Self.stream(seed, receiver, using: &random)
      let isShown = stream.messages.map { _ in random.chance(0.7) }
      let observer = Observer { isShown[$0] }
      var passing = Passing(receiver: receiver, observer: observer)
      var plain = Passing(receiver: receiver)
      for piece in random.pieces(stream.bytes, longest: Self.longest(seed)) {
        let stops = random.chance(0.4)
        try passing.receive(piece) { stops }
        try plain.receive(piece) { stops }
        #expect(passing.forwarded.count == plain.forwarded.count, "seed \(seed)")
        #expect(passing.passage.isInsideFrame == plain.passage.isInsideFrame, "seed \(seed)")
        #expect(passing.passage.isInsideMessage == plain.passage.isInsideMessage, "seed \(seed)")
      }
      #expect(observer.seen == zip(stream.messages, isShown).map { $0.seen(shown: $1) }, "seed \(seed)")
      #expect(observer.faults == 0, "seed \(seed)")
      #expect(passing.forwarded == stream.data, "seed \(seed)")
      #expect(passing.controls == stream.controls, "seed \(seed)")
      #expect(passing.inspections.isEmpty, "seed \(seed)")
      // Of a message that is whole at the other end the inspector knows.
      let isInTime = passing.states.allSatisfy { state in
        state.judged == stream.spans.count || stream.spans[state.judged].message.upperBound > state.count
      }
      #expect(isInTime, "seed \(seed)")
    }
  }

  @Test(arguments: [Role.client, .server])
  func everySplit(receiver: Role) throws {
    var random = SeededGenerator(seed: 8)
    var stream = FrameStream(sender: receiver.peer)
    let parts = [random.text(5), random.text(200), random.quick(127)]
    stream.add(.text, parts[0], fin: false)
    stream.add(.ping, random.quick(3))
    stream.add(.continuation, fin: false)
    stream.add(.continuation, parts[1])
    stream.add(.text)
    stream.add(.binary, parts[2])
    let messages = [Message.text(String(decoding: parts[0] + parts[1], as: UTF8.self)), .text(""), .binary(parts[2])]
    let answers: [Int: Inspection] = [0: .tell([1]), 1: .tell([2]), 2: .end(Self.end, tell: nil)]
    for cut in 0...stream.bytes.count {
      let observer = Observer(answers)
      var passing = Passing(receiver: receiver, observer: observer)
      try passing.receive(Array(stream.bytes[..<cut]))
      let before = passing.forwarded.count
      try passing.receive(Array(stream.bytes[cut...]))
      #expect(observer.seen == messages.map { $0.seen() }, "cut \(cut)")
      #expect(observer.faults == 0, "cut \(cut)")
      #expect(passing.inspections.map(\.result) == [.tell([1]), .tell([2]), .end(Self.end, tell: nil)], "cut \(cut)")
      #expect(passing.inspections.prefix(2).map(\.position) == stream.spans.prefix(2).map(\.message.upperBound), "cut \(cut)")
      let last = stream.spans[2].message
      let hasGone = before > last.lowerBound && before < last.upperBound
      if cut < stream.bytes.count {
        #expect(passing.forwarded == Array(stream.data[..<(hasGone ? before : last.lowerBound)]), "cut \(cut)")
        #expect(passing.passage.isInsideFrame == hasGone, "cut \(cut)")
      }
      #expect(passing.controls.count == 1, "cut \(cut)")
    }
  }

  @Test(arguments: [Role.client, .server])
  func textsToTell(receiver: Role) throws {
    for seed in 100..<142 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let stream = Self.stream(seed, receiver, using: &random)
      var answers: [Int: Inspection] = [:]
      for index in stream.messages.indices where random.chance(0.4) { answers[index] = .tell(random.text(10)) }
      let observer = Observer(answers)
      var passing = Passing(receiver: receiver, observer: observer)
      for piece in random.pieces(stream.bytes, longest: Self.longest(seed)) { try passing.receive(piece) { random.chance(0.4) } }
      #expect(passing.forwarded == stream.data, "seed \(seed)")
      #expect(passing.controls == stream.controls, "seed \(seed)")
      #expect(passing.states.allSatisfy { $0.isInside != stream.boundaries.contains($0.count) }, "seed \(seed)")
      let told = answers.keys.sorted()
      #expect(passing.inspections.map(\.result) == told.map { answers[$0] }, "seed \(seed)")
      #expect(passing.inspections.map(\.position) == told.map { stream.spans[$0].message.upperBound }, "seed \(seed)")
      #expect(observer.seen.count == stream.messages.count, "seed \(seed)")
    }
  }

  /// What came before the last frame of the message is handed out, that frame only as far as it was before its end came.
  @Test(arguments: [Role.client, .server])
  func messageThatEndsTheSession(receiver: Role) throws {
    var cases: Set<[Bool]> = []
    for seed in 200..<284 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let stream = Self.stream(seed, receiver, using: &random)
      let number = random.number(0...stream.messages.count - 1)
      let observer = Observer([number: .end(Self.end, tell: [7])])
      var passing = Passing(receiver: receiver, observer: observer)
      for piece in random.pieces(stream.bytes, longest: Self.longest(seed)) {
        try passing.receive(piece) { random.chance(0.4) }
        if passing.isOver { break }
      }
      #expect(passing.inspections.map(\.result) == [.end(Self.end, tell: [7])], "seed \(seed)")
      #expect(observer.seen == stream.messages[...number].map { $0.seen() }, "seed \(seed)")
      let span = stream.spans[number]
      let hasGone = passing.beforeRead > span.lastFrame.lowerBound
      #expect(passing.forwarded == Array(stream.data[..<max(span.lastFrame.lowerBound, passing.beforeRead)]), "seed \(seed)")
      #expect(passing.passage.isInsideFrame == hasGone, "seed \(seed)")
      let isFragmented = span.lastFrame.lowerBound > span.message.lowerBound
      #expect(passing.passage.isInsideMessage == (isFragmented || hasGone), "seed \(seed)")
      cases.insert([isFragmented, hasGone])
    }
    #expect(cases.count == 4)
  }

  @Test func timeIsPassedOn() throws {
    let observer = Observer()
    var passage = TransparentPassage(rules: FrameRules(receiver: .client), inspector: observer)
    let bytes = Message.text("a").frame(maskKey: nil)
    passage.begin()
    let step = try unsafe bytes.withUnsafeBytes { (bytes) throws(ProtocolViolation) in
      let scratch = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
      return try unsafe passage.next(bytes, stopAtBoundary: false, scratch: scratch, now: 1_234)
    }
    #expect(step == .forward(0..<3))
    #expect(observer.seen == [Message.text("a").seen(at: 1_234)])
  }
}
