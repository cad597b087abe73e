import TestSupport
import Testing

@testable import WebSocket

@Suite("Frame reader")
struct FrameReaderTests {
  /// One frame of every header size, an empty one last.
  static func frames(to receiver: Role) -> [(header: FrameHeader, payload: [UInt8])] {
    let sizes: [(Opcode, Bool, Int)] = [
      (.text, false, 3), (.ping, true, 0), (.continuation, false, 126), (.pong, true, 125), (.continuation, true, 0),
      (.binary, true, 65_536), (.text, true, 1), (.close, true, 2), (.binary, true, 0),
    ]
    return sizes.map { opcode, fin, size in
      let header = FrameHeader(fin: fin, opcode: opcode, maskKey: receiver.incomingKey, payloadLength: size)
      return (header, (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    }
  }

  static func expected(_ frames: [(header: FrameHeader, payload: [UInt8])]) -> [FrameTrace.Frame] {
    frames.map { FrameTrace.Frame(header: $0.header, payload: $0.payload, isWhole: true) }
  }

  @Test(arguments: Role.allCases, [false, true])
  func readsAllAtOnce(receiver: Role, asSpans: Bool) {
    let frames = Self.frames(to: receiver)
    let trace = FrameTrace([frames.flatMap { wire($0.header, $0.payload) }], rules: .plain(receiver), asSpans: asSpans)
    #expect(trace.violation == nil)
    #expect(trace.frames == Self.expected(frames))
    #expect(trace.isAtBoundary)
  }

  @Test(arguments: Role.allCases, [1, 2, 3, 5, 7, 13])
  func readsInPiecesOfOneSize(receiver: Role, size: Int) {
    let frames = Self.frames(to: receiver).filter { $0.payload.count < 1_000 }
    let bytes = frames.flatMap { wire($0.header, $0.payload) }
    let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    let trace = FrameTrace(pieces, rules: .plain(receiver))
    #expect(trace.frames == Self.expected(frames))
    #expect(trace.violation == nil && trace.isAtBoundary)
  }

  @Test("every split point of every header size", arguments: Role.allCases, [0, 1, 125, 126, 300, 65_535, 65_536])
  func everySplit(receiver: Role, size: Int) {
    let header = FrameHeader(opcode: .binary, maskKey: receiver.incomingKey, payloadLength: size)
    let payload = [UInt8](repeating: 0xA5, count: size)
    let next = FrameHeader(opcode: .ping, maskKey: receiver.incomingKey, payloadLength: 1)
    let bytes = wire(header, payload) + wire(next, [1])
    let whole = FrameTrace([bytes], rules: .plain(receiver))
    #expect(whole.frames.map(\.payload) == [payload, [1]])
    // All of the header, the ends of the payload, and all of what follows.
    let cuts = Array(0...min(bytes.count, 30)) + Array(max(0, bytes.count - 12)...bytes.count)
    for cut in cuts {
      let trace = FrameTrace([Array(bytes[..<cut]), Array(bytes[cut...])], rules: .plain(receiver))
      #expect(trace == whole, "cut at \(cut)")
      let first = FrameTrace([Array(bytes[..<cut])], rules: .plain(receiver))
      #expect(first.isAtBoundary == [0, header.encodedSize + size, bytes.count].contains(cut), "cut at \(cut)")
      #expect(first.pendingHeader == Array(bytes[(cut - first.pendingHeader.count)..<cut]), "cut at \(cut)")
      if cut < header.encodedSize { #expect(first.pendingHeader.count == cut) }
    }
  }

  @Test(arguments: Role.allCases)
  func aHeaderInThreeReadsIsKeptWhole(receiver: Role) {
    let bytes = wire(FrameHeader(opcode: .binary, maskKey: receiver.incomingKey, payloadLength: 70_000))
    for first in 1..<bytes.count - 1 {
      for second in first + 1..<bytes.count {
        let trace = FrameTrace([Array(bytes[..<first]), Array(bytes[first..<second])], rules: .plain(receiver))
        #expect(trace.pendingHeader == Array(bytes[..<second]))
        #expect(trace.frames.isEmpty && !trace.isAtBoundary)
      }
    }
  }

  @Test func anEmptyFrameGivesOneEmptyRun() throws {
    var reader = FrameReader(rules: .plain(.client))
    var offset = 0
    var events: [FrameEvent?] = []
    var boundaries: [Bool] = []
    for _ in 0..<3 {
      events.append(try unsafe reader.next(([0x81, 0] as [UInt8]).span.bytes, at: &offset))
      boundaries.append(reader.isAtBoundary)
    }
    #expect(events == [.header(FrameHeader(opcode: .text, payloadLength: 0)), .payload(range: 2..<2, isLast: true), nil])
    #expect(boundaries == [false, true, true])
    #expect(offset == 2)
  }

  @Test func anInputMayBeEmpty() throws {
    var reader = FrameReader(rules: .plain(.client))
    var offset = 0
    let event = try unsafe reader.next(UnsafeRawBufferPointer(start: nil, count: 0), at: &offset)
    #expect(event == nil)
    #expect(reader.isAtBoundary)
  }

  @Test func countsWhatIsOwed() throws {
    var reader = FrameReader(rules: .plain(.client))
    var offset = 0
    var events: [FrameEvent?] = []
    var owed: [UInt64] = []
    for _ in 0..<3 {
      events.append(try unsafe reader.next(([0x82, 10, 1, 2, 3] as [UInt8]).span.bytes, at: &offset))
      owed.append(reader.payloadBytesPending)
    }
    #expect(events == [.header(FrameHeader(opcode: .binary, payloadLength: 10)), .payload(range: 2..<5, isLast: false), nil])
    #expect(owed == [10, 7, 7])
  }

  @Test(arguments: Role.allCases)
  func aBadHeaderStopsTheStream(receiver: Role) {
    let good = wire(FrameHeader(opcode: .text, maskKey: receiver.incomingKey, payloadLength: 2), [1, 2])
    let bad = wire(FrameHeader(opcode: .continuation, maskKey: receiver.incomingKey, payloadLength: 2), [1, 2])
    let bytes = good + bad
    for cut in 0...bytes.count {
      let trace = FrameTrace([Array(bytes[..<cut]), Array(bytes[cut...])], rules: .plain(receiver))
      #expect(trace.violation == .unexpectedContinuation, "cut at \(cut)")
      #expect(trace.frames.map(\.payload) == [[1, 2]], "cut at \(cut)")
    }
  }

  @Test("random frames in random pieces", arguments: 0..<200 as Range<UInt64>)
  func randomFrames(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let receiver: Role = seed % 2 == 0 ? .server : .client
    var frames: [FrameTrace.Frame] = []
    var isOpen = false
    for _ in 0..<Int.random(in: 1...20, using: &random) {
      let isControl = Int.random(in: 0..<4, using: &random) == 0
      let fin = isControl || Bool.random(using: &random)
      let opcode: Opcode =
        isControl
        ? [.ping, .pong, .close].randomElement(using: &random)!
        : isOpen ? .continuation : Bool.random(using: &random) ? .text : .binary
      let size =
        isControl
        ? Int.random(in: 0...125, using: &random)
        : [0, 1, 7, 125, 126, 127, 640, 640, 640, 640, 65_536].randomElement(using: &random)!
      let key = receiver.peer.masks ? UInt32.random(in: .min ... .max, using: &random) : nil
      if !isControl { isOpen = !fin }
      let header = FrameHeader(fin: fin, opcode: opcode, maskKey: key, payloadLength: size)
      frames.append(FrameTrace.Frame(header: header, payload: random.bytes(size), isWhole: true))
    }
    let bytes = frames.flatMap { wire($0.header, $0.payload) }
    let pieces = random.split(bytes, longest: [3, 20, 300, 20_000].randomElement(using: &random)!)
    // A long stream in tiny pieces would only be slow.
    let trace = FrameTrace(pieces.count > 20_000 ? [bytes] : pieces, rules: .plain(receiver))
    #expect(trace.violation == nil, "seed \(seed)")
    #expect(trace.frames == frames, "seed \(seed)")
    #expect(trace.isAtBoundary, "seed \(seed)")
  }

  @Test("random bytes read the same however they are cut", arguments: 0..<1_000 as Range<UInt64>)
  func randomBytes(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let rules = FrameRules(receiver: seed % 2 == 0 ? .server : .client, allowsRSV1: true)
    var bytes = random.bytes(Int.random(in: 0...200, using: &random))
    // Make the first header plausible, or most streams would end at once.
    if bytes.count > 2 {
      bytes[0] = [0x81, 0x02, 0xC1, 0x89].randomElement(using: &random)!
      bytes[1] = bytes[1] & 0x0F | (seed % 2 == 0 ? 0x80 : 0)
    }
    let whole = FrameTrace([bytes], rules: rules)
    let cut = FrameTrace(random.split(bytes, longest: 9), rules: rules)
    #expect(cut == whole, "seed \(seed)")
  }
}
