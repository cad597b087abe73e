import TestSupport
import Testing
import WebSocket
@testable import Relay

/// What comes compressed in one way goes on in another.
@Suite struct RecodedPassageTests {
  /// One direction's compression: its window, and whether messages refer to each other.
  struct Kind: Sendable, CustomTestStringConvertible {
    let windowBits: Int
    let takeover: Bool

    static let all: [Kind?] =
      [nil] + [9, 12, 15].flatMap { [Kind(windowBits: $0, takeover: true), Kind(windowBits: $0, takeover: false)] }

    var parameters: DeflateParameters {
      DeflateParameters(
        serverNoContextTakeover: !takeover, clientNoContextTakeover: !takeover, serverMaxWindowBits: windowBits,
        clientMaxWindowBits: windowBits)
    }

    func compression(_ settings: DeflateSettings = DeflateSettings()) -> LegTransport.Compression {
      LegTransport.Compression(parameters, settings)
    }

    var testDescription: String { "\(windowBits) bits\(takeover ? "" : ", no takeover")" }
  }

  struct Pair: Sendable, CustomTestStringConvertible {
    let incoming: Kind?
    let outgoing: Kind?

    static let all = Kind.all.flatMap { incoming in Kind.all.map { Pair(incoming: incoming, outgoing: $0) } }
      .filter { $0.incoming != nil || $0.outgoing != nil }

    var testDescription: String { "\(incoming?.testDescription ?? "plain") to \(outgoing?.testDescription ?? "plain")" }
  }

  static let noLimits = RelayTerms(maximumFrame: 0, maximumMessage: 0, maximumRatio: 0)

  static func passage(
    from party: Party, _ pair: Pair, terms: RelayTerms = noLimits, settings: DeflateSettings = DeflateSettings(), observer: Observer? = nil
  ) -> RecodedPassage? {
    RecodedPassage(
      from: party, pair.incoming?.compression(), to: pair.outgoing?.compression(settings), terms: terms, inspector: observer)
  }

  /// What the other end, which plays the same role towards the gateway as the gateway towards the party, makes of what goes on.
  static func read(_ bytes: [UInt8], from party: Party, _ outgoing: Kind?) throws -> [MessageEvent] {
    let receiver = party.receiver
    let inflater = outgoing?.parameters.inflater(for: receiver, limits: DeflateLimits(maximumMessage: 0, maximumRatio: 0))
    var assembler = MessageAssembler(receiver: receiver, maximumMessage: 0, inflater: inflater)
    var events: [MessageEvent] = []
    try assembler.receive(bytes, into: &events)
    return events
  }

  /// Every frame is as it should be, and every control frame came where it was among the messages.
  private func expectLegal(
    _ recoding: Recoding, from party: Party, _ pair: Pair, _ stream: FrameStream, _ settings: DeflateSettings, _ note: Comment
  ) throws {
    let list = try FrameList(recoding.output, receiver: party.receiver, allowsRSV1: pair.outgoing != nil)
    #expect(list.frames.allSatisfy { $0.header.fin || $0.header.payloadLength > 0 }, note)
    #expect(list.messages.count == stream.messages.count, note)
    for (frames, message) in zip(list.messages, stream.messages) {
      let isMarked = frames[0].header.rsv1
      var isText = false
      if case .text = message { isText = true }
      if !isText || message.bytes.count < settings.minimumSize { #expect(!isMarked, note) }
    }
    let ends = list.frames.filter(\.header.fin).map(\.end)
    let boundaries = Set([0] + list.frames.map(\.end))
    for (control, original) in zip(recoding.controls, stream.controls) {
      #expect(control.opcode == original.opcode && control.payload == original.payload, note)
      #expect(boundaries.contains(control.position), note)
      let before = stream.spans.count { $0.message.upperBound <= original.position }
      #expect(ends.count { $0 <= control.position } == before, note)
    }
    #expect(recoding.controls.count == stream.controls.count, note)
  }

  @Test(arguments: Pair.all, [Party.downstream, .upstream])
  func everyCombination(pair: Pair, party: Party) throws {
    let role = party.receiver
    for seed in 0..<5 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let longest = [2, 30, 700, 9_000, 66_000][Int(seed % 5)]
      let stream = FrameStream(
        sender: role.peer, messages: 12, longest: longest < 100 ? 2_000 : 70_000, compressed: pair.incoming?.parameters, using: &random)
      let isShown = stream.messages.map { _ in random.chance(0.7) }
      let observer = Observer { isShown[$0] }
      let settings = DeflateSettings(level: random.number(1...9))
      let passage = Self.passage(from: party, pair, settings: settings, observer: seed % 2 == 0 ? observer : nil)
      guard let passage else {
        // Nothing is to be done where messages may pass as they are.
        let incoming = try #require(pair.incoming), outgoing = try #require(pair.outgoing)
        #expect(incoming.parameters.allowsPassage(to: outgoing.parameters, from: role.peer), "seed \(seed)")
        continue
      }
      var recoding = Recoding(passage)
      for piece in random.pieces(stream.bytes, longest: longest) { try recoding.receive(piece) { random.chance(0.5) } }
      let messages = stream.messages.map { MessageEvent.message($0) }
      #expect(try Self.read(recoding.output, from: party, pair.outgoing) == messages, "seed \(seed)")
      try expectLegal(recoding, from: party, pair, stream, settings, "seed \(seed)")
      if seed % 2 == 0 {
        #expect(observer.seen == zip(stream.messages, isShown).map { $0.seen(shown: $1) }, "seed \(seed)")
        #expect(observer.faults == 0, "seed \(seed)")
      }
      #expect(passage.messages == UInt64(stream.messages.count), "seed \(seed)")
      #expect(!passage.isInsideMessage, "seed \(seed)")
      #expect(recoding.pauses > 0, "seed \(seed)")
      if pair.incoming?.takeover != true, pair.outgoing?.takeover != true { #expect(passage.memoryBytes == 0, "seed \(seed)") }
    }
  }

  /// Neither end compresses, or the inspector alone asks for it.
  @Test func whereMessagesPass() {
    let wide = Kind(windowBits: 15, takeover: true), narrow = Kind(windowBits: 10, takeover: false)
    for party in [Party.downstream, .upstream] {
      #expect(Self.passage(from: party, Pair(incoming: nil, outgoing: nil)) == nil)
      #expect(Self.passage(from: party, Pair(incoming: nil, outgoing: nil), observer: Observer()) == nil)
      #expect(Self.passage(from: party, Pair(incoming: wide, outgoing: wide)) == nil)
      #expect(Self.passage(from: party, Pair(incoming: narrow, outgoing: wide)) == nil)
      #expect(Self.passage(from: party, Pair(incoming: wide, outgoing: narrow)) != nil)
      #expect(Self.passage(from: party, Pair(incoming: wide, outgoing: wide), observer: Observer()) != nil)
      #expect(Self.passage(from: party, Pair(incoming: wide, outgoing: nil)) != nil)
      #expect(Self.passage(from: party, Pair(incoming: nil, outgoing: wide)) != nil)
    }
  }

  /// The payload as one message of the party, in fragments of `parts` bytes.
  private func message(_ payload: [UInt8], as opcode: Opcode, from party: Party, rsv1: Bool = false, parts: [Int] = []) -> [UInt8] {
    var stream = FrameStream(sender: party.receiver.peer)
    var rest = payload[...]
    for (index, count) in (parts + [payload.count - parts.reduce(0, +)]).enumerated() {
      let fin = index == parts.count
      stream.add(index == 0 ? opcode : .continuation, Array(rest.prefix(count)), fin: fin, rsv1: rsv1 && index == 0)
      rest = rest.dropFirst(count)
    }
    return stream.bytes
  }

  static func compressed(_ payload: [UInt8]) throws -> [UInt8] {
    var deflater = Deflater(contextTakeover: false)
    var bytes: [UInt8] = []
    let done = unsafe payload.withUnsafeBytes { unsafe deflater.compress($0, isLast: true, appendingTo: &bytes) }
    return try #require(done ? bytes : nil)
  }

  @Test(arguments: [Party.downstream, .upstream])
  func whatIsWorthwhile(party: Party) throws {
    let repetitive = [UInt8](repeating: 0x61, count: 4_000)
    var random = SeededGenerator(seed: 1)
    let noise = random.quick(4_000)
    let cases: [(payload: [UInt8], opcode: Opcode, parts: [Int], isMarked: [Bool])] = [
      // The second is whether it is marked where messages may refer to each other, which takes all of them.
      (repetitive, .text, [], [true, true]), (repetitive, .binary, [], [false, false]),
      (Array(repetitive.prefix(255)), .text, [], [false, false]), (Array(repetitive.prefix(256)), .text, [], [true, true]),
      (noise, .text, [], [false, true]), (repetitive, .text, [300, 0, 5], [true, true]), (repetitive, .text, [0, 300], [true, true]),
      ([], .text, [], [false, false]),
    ]
    for (index, item) in cases.enumerated() {
      for (kind, isMarked) in zip([Kind(windowBits: 15, takeover: false), Kind(windowBits: 15, takeover: true)], item.isMarked) {
        let pair = Pair(incoming: nil, outgoing: kind)
        var recoding = Recoding(try #require(Self.passage(from: party, pair)))
        try recoding.receive(message(item.payload, as: item.opcode, from: party, parts: item.parts))
        let list = try FrameList(recoding.output, receiver: party.receiver, allowsRSV1: true)
        #expect(list.frames.first?.header.rsv1 == isMarked, "case \(index), \(kind.testDescription)")
        if isMarked, item.payload == repetitive { #expect(recoding.output.count < 100, "case \(index)") }
        #expect(list.messages.count == 1, "case \(index)")
      }
    }
  }

  /// A piece from which nothing can be inflated yet says nothing about the message.
  @Test(arguments: [Party.downstream, .upstream])
  func firstPieceGivesNothing(party: Party) throws {
    let payload = [UInt8](repeating: 0x61, count: 4_000)
    let bytes = message(try Self.compressed(payload), as: .text, from: party, rsv1: true)
    let pair = Pair(incoming: Kind(windowBits: 15, takeover: true), outgoing: Kind(windowBits: 12, takeover: true))
    let expected = [MessageEvent.message(.text(String(repeating: "a", count: 4_000)))]
    var undecided = 0
    for cut in 0...bytes.count {
      var recoding = Recoding(try #require(Self.passage(from: party, pair)))
      try recoding.receive(Array(bytes[..<cut]))
      let isUndecided = recoding.output.isEmpty
      undecided += isUndecided ? 1 : 0
      try recoding.receive(Array(bytes[cut...]))
      let list = try FrameList(recoding.output, receiver: party.receiver, allowsRSV1: true)
      if isUndecided { #expect(list.frames.first?.header.rsv1 == true, "cut \(cut)") }
      #expect(try Self.read(recoding.output, from: party, pair.outgoing) == expected, "cut \(cut)")
    }
    // More than the header.
    #expect(undecided > (party == .downstream ? 6 : 2) + 1)
  }

  /// Without takeover each message's memory is given back, and nobody pays before the first compressed one.
  @Test(arguments: [Party.downstream, .upstream])
  func memory(party: Party) throws {
    let payload = [UInt8](repeating: 0x61, count: 60_000)
    let compressed = try Self.compressed(payload)
    for takeover in [false, true] {
      let pair = Pair(incoming: Kind(windowBits: 15, takeover: takeover), outgoing: Kind(windowBits: 12, takeover: takeover))
      let passage = try #require(Self.passage(from: party, pair, observer: Observer()))
      var recoding = Recoding(passage)
      try recoding.receive(message(payload, as: .binary, from: party))
      #expect(passage.memoryBytes == 0)
      for round in 0..<3 {
        let bytes = message(compressed, as: .text, from: party, rsv1: true)
        try recoding.receive(Array(bytes.dropLast(3)))
        #expect(passage.memoryBytes > 1 << 15, "round \(round)")
        #expect(passage.memoryBytes <= Inflater.memoryBound(windowBits: 15) + Deflater.memoryBound(windowBits: 12), "round \(round)")
        try recoding.receive(Array(bytes.suffix(3)))
        #expect((passage.memoryBytes == 0) == !takeover, "round \(round)")
      }
      #expect(try Self.read(recoding.output, from: party, pair.outgoing).count == 4)
    }
  }

  // MARK: Inspection

  private static let end = SessionEnd(name: "test_end", code: .policyViolation, reason: "Enough")

  @Test(arguments: [Party.downstream, .upstream])
  func textsToTell(party: Party) throws {
    let pair = Pair(incoming: Kind(windowBits: 15, takeover: true), outgoing: Kind(windowBits: 10, takeover: false))
    for seed in 300..<330 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let stream = FrameStream(
        sender: party.receiver.peer, messages: 12, longest: 40_000, compressed: pair.incoming?.parameters, using: &random)
      var answers: [Int: Inspection] = [:]
      for index in stream.messages.indices where random.chance(0.4) { answers[index] = .tell(random.text(10)) }
      var recoding = Recoding(try #require(Self.passage(from: party, pair, observer: Observer(answers))))
      for piece in random.pieces(stream.bytes, longest: 20_000) { try recoding.receive(piece) { random.chance(0.3) } }
      let list = try FrameList(recoding.output, receiver: party.receiver, allowsRSV1: true)
      let ends = list.messages.compactMap(\.last?.end)
      let told = answers.keys.sorted()
      #expect(recoding.inspections.map(\.result) == told.map { answers[$0] }, "seed \(seed)")
      #expect(recoding.inspections.map(\.position) == told.map { ends[$0] }, "seed \(seed)")
      let events = try Self.read(recoding.output, from: party, pair.outgoing)
      #expect(events == stream.messages.map { .message($0) }, "seed \(seed)")
    }
  }

  @Test(arguments: [Party.downstream, .upstream])
  func messageThatEndsTheSession(party: Party) throws {
    var isInside: Set<Bool> = []
    let pair = Pair(incoming: Kind(windowBits: 15, takeover: true), outgoing: nil)
    for seed in 400..<440 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let stream = FrameStream(
        sender: party.receiver.peer, messages: 12, longest: 40_000, compressed: pair.incoming?.parameters, using: &random)
      let number = random.number(0...11)
      let observer = Observer([number: .end(Self.end, tell: [7])])
      let passage = try #require(Self.passage(from: party, pair, observer: observer))
      var recoding = Recoding(passage)
      for piece in random.pieces(stream.bytes, longest: [100, 3_000, 60_000][Int(seed % 3)]) {
        try recoding.receive(piece) { random.chance(0.3) }
      }
      #expect(recoding.inspections.map(\.result) == [.end(Self.end, tell: [7])], "seed \(seed)")
      #expect(observer.seen == stream.messages[...number].map { $0.seen() }, "seed \(seed)")
      let events = try Self.read(recoding.output, from: party, nil)
      #expect(events == stream.messages[..<number].map { .message($0) }, "seed \(seed)")
      let list = try FrameList(recoding.output, receiver: party.receiver, allowsRSV1: false)
      let hasGone = list.frames.last.map { !$0.header.fin } ?? false
      #expect(passage.isInsideMessage == hasGone, "seed \(seed)")
      #expect((list.frames.last?.end ?? 0) == recoding.output.count, "seed \(seed)")
      #expect(passage.messages == UInt64(number), "seed \(seed)")
      isInside.insert(hasGone)
    }
    #expect(isInside.count == 2)
  }

  // MARK: Limits

  private struct Offence {
    let bytes: [UInt8]
    let violation: ProtocolViolation
  }

  private func offences(_ party: Party) throws -> [Offence] {
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    let small = try Self.compressed(Array(zeros.prefix(20_001)))
    let large = try Self.compressed(zeros)
    var random = SeededGenerator(seed: 2)
    let text = try Self.compressed(random.phrases(3_000))
    return [
      Offence(bytes: message(small, as: .text, from: party, rsv1: true), violation: .messageTooBig),
      Offence(bytes: message(small, as: .text, from: party, rsv1: true, parts: [1, 0, 4]), violation: .messageTooBig),
      Offence(bytes: message(Array(zeros.prefix(20_001)), as: .binary, from: party), violation: .messageTooBig),
      Offence(bytes: message(Array(zeros.prefix(20_001)), as: .binary, from: party, parts: [8_000, 12_000]), violation: .messageTooBig),
      Offence(bytes: message(large, as: .binary, from: party, rsv1: true), violation: .messageTooBig),
      Offence(bytes: message([0x07], as: .text, from: party, rsv1: true), violation: .badCompression),
      Offence(bytes: message([], as: .text, from: party, rsv1: true), violation: .badCompression),
      Offence(bytes: message(random.quick(500), as: .text, from: party, rsv1: true), violation: .badCompression),
      Offence(bytes: message(Array(text.dropLast(2)), as: .text, from: party, rsv1: true), violation: .badCompression),
      Offence(
        bytes: message([0x61], as: .text, from: party)
          + FrameHeader.frame(
            opcode: .continuation, maskKey: party == .downstream ? 5 : nil, rsv1: true), violation: .reservedBits),
    ]
  }

  /// The violation comes behind everything before it, and again at every further call.
  @Test(arguments: [Party.downstream, .upstream], [nil, Kind(windowBits: 11, takeover: false)] as [Kind?])
  func violations(party: Party, outgoing: Kind?) throws {
    let pair = Pair(incoming: Kind(windowBits: 15, takeover: true), outgoing: outgoing)
    let terms = RelayTerms(maximumFrame: 0, maximumMessage: 20_000, maximumRatio: 0)
    for (index, offence) in try offences(party).enumerated() {
      for seed in 0..<8 as Range<UInt64> {
        var random = SeededGenerator(seed: seed)
        let stream = FrameStream(
          sender: party.receiver.peer, messages: random.number(0...5), longest: 20_000, compressed: pair.incoming?.parameters,
          using: &random)
        let observer = Observer()
        let passage = try #require(Self.passage(from: party, pair, terms: terms, observer: observer))
        var recoding = Recoding(passage)
        #expect(throws: offence.violation, "offence \(index), seed \(seed)") {
          let pieces = random.pieces(stream.bytes + offence.bytes + random.quick(40), longest: [9, 500, 100_000][Int(seed % 3)])
          for piece in pieces { try recoding.receive(piece) { random.chance(0.4) } }
        }
        let expected = stream.messages.map { MessageEvent.message($0) }
        let events = try Self.read(recoding.output, from: party, outgoing)
        // A plain message may stand before the frame that is wrong.
        #expect(Array(events.prefix(expected.count)) == expected, "offence \(index), seed \(seed)")
        #expect(events.count == expected.count + (offence.violation == .reservedBits ? 1 : 0), "offence \(index), seed \(seed)")
        let seen = observer.seen.prefix(expected.count)
        #expect(seen.elementsEqual(stream.messages.map { $0.seen() }), "offence \(index), seed \(seed)")
        #expect(recoding.controls.count == stream.controls.count, "offence \(index), seed \(seed)")
        #expect(throws: offence.violation, "spent") { try recoding.receive([0]) }
      }
    }
  }

  /// As much as is allowed passes.
  @Test(arguments: [Party.downstream, .upstream])
  func largestMessages(party: Party) throws {
    let pair = Pair(incoming: Kind(windowBits: 15, takeover: true), outgoing: nil)
    let terms = RelayTerms(maximumFrame: 0, maximumMessage: 20_000, maximumRatio: 100)
    var random = SeededGenerator(seed: 3)
    let noise = random.quick(20_000)
    let incompressible = try Self.compressed(noise)
    #expect(incompressible.count > 20_000)
    let bytes =
      message(try Self.compressed([UInt8](repeating: 0, count: 20_000)), as: .binary, from: party, rsv1: true)
      + message(noise, as: .binary, from: party) + message(incompressible, as: .binary, from: party, rsv1: true)
    var recoding = Recoding(try #require(Self.passage(from: party, pair, terms: terms)))
    try recoding.receive(bytes)
    let expected = [[UInt8](repeating: 0, count: 20_000), noise, noise].map { MessageEvent.message(.binary($0)) }
    #expect(try Self.read(recoding.output, from: party, nil) == expected)
  }

  @Test func bombEndsEarly() throws {
    let pair = Pair(incoming: Kind(windowBits: 15, takeover: true), outgoing: nil)
    for (terms, most) in [(RelayTerms(), 64 << 10), (RelayTerms(maximumMessage: 1 << 20, maximumRatio: 0), 1 << 20)] {
      var recoding = Recoding(try #require(Self.passage(from: .upstream, pair, terms: terms)))
      let bytes = FrameHeader.frame(opcode: .binary, payload: Bomb.payload(64 << 20), rsv1: true)
      #expect(throws: ProtocolViolation.messageTooBig) { try recoding.receive(bytes) }
      #expect(recoding.outputCount <= most + 10 * (most >> 14))
      #expect(recoding.passage.memoryBytes == 0)
    }
  }

  /// A megabyte that becomes a gigabyte, where nothing forbids it: however much it is, it comes in steps.
  @Test(arguments: [nil, Kind(windowBits: 15, takeover: false)] as [Kind?])
  func bombGoesThroughInSteps(outgoing: Kind?) throws {
    let size = outgoing == nil ? 1 << 30 : 64 << 20
    let bomb = Bomb.payload(size)
    #expect(bomb.count < size / 900)
    let pair = Pair(incoming: Kind(windowBits: 15, takeover: true), outgoing: outgoing)
    let passage = try #require(Self.passage(from: .upstream, pair, settings: DeflateSettings(textOnly: false)))
    var recoding = Recoding(passage)
    var reader = FrameReader(rules: FrameRules(receiver: .client, allowsRSV1: outgoing != nil))
    var inflater = Inflater(limits: DeflateLimits(maximumMessage: 0, maximumRatio: 0))
    var payloadCount = 0
    recoding.sink = { batch in
      var offset = 0
      while let event = try unsafe reader.next(batch.span.bytes, at: &offset) {
        guard case .payload(let range, _) = event else { continue }
        guard outgoing != nil else {
          payloadCount += range.count
          continue
        }
        payloadCount += try Bomb.inflatedCount(batch[range], by: &inflater)
      }
    }
    let bytes = FrameHeader.frame(opcode: .binary, payload: bomb, rsv1: true)
    for start in stride(from: 0, to: bytes.count, by: 64 << 10) {
      try recoding.receive(Array(bytes[start..<min(bytes.count, start + 64 << 10)])) { true }
    }
    #expect(payloadCount == size)
    #expect(passage.messages == 1)
    #expect(recoding.largestBatch <= RecodingBuffers.batch + 16 << 10 + FrameHeader.maximumSize)
    #expect(outgoing != nil || recoding.pauses >= size / (48 << 10))
    #expect(reader.isAtBoundary && !reader.rules.isInsideMessage)
  }
}
