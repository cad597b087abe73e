import Configuration
import JSON
import Testing
@testable import Vendors

/// Whole sessions with every vendor of the catalogue, driven by nothing but its descriptor.
@Suite struct CatalogueSessionTests {
  static let all = Catalogue.builtIn()
  static let hearing = all.names.filter { all[$0]?.audio.client != nil }
  /// Those whose audio is packed, or in a format that nothing of the session tells: its length does not follow from its bytes.
  static let unmeasured: [AudioDirection: Set<String>] = [
    .input: ["dashscope.asr", "gradium.asr", "ibm.watson_stt", "nvidia.asr"],
    .output: [
      "assemblyai.agent", "bland.tts", "cartesia.agents", "deepgram.speak_flux", "gradium.tts", "inworld.tts", "nvidia.tts",
      "resemble.tts", "telnyx.tts",
    ],
  ]
  static let speaking = all.names.filter { all[$0]?.audio.client == nil && all[$0]?.audio.server != nil }

  /// Real speech goes through, words and answers come back, everything is counted, and the end is as the vendor wants it.
  @Test(arguments: hearing)
  func aCallIsHeardToItsEnd(name: String) throws {
    let entry = try vendor(name)
    let recording = try booking()
    var phone = try Phone(entry, recording)
    phone.run()
    #expect(phone.script.outcome == .completed, "\(phone.script.outcome.map { "\($0)" } ?? "none"), \(phone.failures), \(phone.late)")
    #expect(phone.events.contains { $0.event == .ready })
    #expect(phone.failures == [])

    // The gateway's count of the client's audio is that of the recording, and nothing of it is a violation.
    let (input, output) = try measured(entry, phone.query, phone.sent, phone.received)
    #expect(input.violations == [])
    #expect(input.isCounting != Self.unmeasured[.input]?.contains(name))
    if input.isCounting {
      #expect(input.seconds > recording.seconds - 0.3, "\(input.seconds) of \(recording.seconds)")
    }
    // What an entry says of words and turns is what its simulator sends.
    let transcripts = entry.conversation.transcripts
    #expect(Set(phone.transcripts().map(\.isFinal)) == Set(transcripts.filter { $0.speaker == .client }.map { $0.form == .final }))
    #expect(phone.transcripts(of: .vendor).isEmpty == !transcripts.contains { $0.speaker == .vendor })
    #expect(phone.events.contains { $0.event == .turnEnded } == !entry.conversation.turnEnd.isEmpty)
    if !entry.usage.reports.isEmpty {
      #expect(phone.events.contains { if case .usage = $0.event { true } else { false } }, "no usage is told")
    }
    if entry.audio.server != nil {
      #expect(phone.events.contains { if case .audio = $0.event { true } else { false } }, "no audio comes back")
      #expect(output.isCounting != Self.unmeasured[.output]?.contains(name))
      if output.isCounting { #expect(output.seconds > 0.5) }
    }
    // What was said last is what the vendor wants said last.
    if let message = entry.close.message, entry.codec.client.framing != nil {
      let last = try #require(phone.sentFrames.last)
      if let fixed = message.fixedText { #expect(last.holds(try JSONValue.parse(fixed)), "\(last.text())") }
      for name in message.variables { #expect(!last.text().contains("{\(name)}")) }
    } else if let message = entry.close.message {
      let last = phone.sent.last { if case .text = $0.action { true } else { false } }
      let text = if case .text(let text)? = last?.action { text } else { "nothing" }
      if let fixed = message.fixedText {
        #expect(text == fixed)
      } else {
        #expect(text.contains("\(phone.binaryCount)") || text.contains("id"))
      }
    }
  }

  @Test(arguments: speaking)
  func aTextIsSpoken(name: String) throws {
    let entry = try vendor(name)
    var visitor = try Visitor(entry)
    visitor.open()
    #expect(visitor.isReady, "\(visitor.talk.actions)")
    for text in entry.sayings("Good morning, how can I help you today") { visitor.send(text) }
    visitor.wait(.seconds(5))
    #expect(visitor.audio.count > 1000, "\(visitor.messages)")
    #expect(visitor.events.allSatisfy { if case .failure = $0 { false } else { true } })
    if !entry.conversation.turnEnd.isEmpty { #expect(visitor.events.contains(.turnEnded)) }
    let output = try measured(entry, visitor.query, visitor.sent, visitor.talk.actions).output
    #expect(output.isCounting != Self.unmeasured[.output]?.contains(name))
    if output.isCounting { #expect(output.seconds > 0.5) }
    if let farewell = visitor.farewell { visitor.send(farewell) }
    if !entry.usage.reports.isEmpty {
      #expect(
        visitor.events.contains { if case .usage(let amount, _) = $0 { amount > 10 } else { false } }, "\(visitor.messages.suffix(3))")
    }
    guard entry.close.message != nil else { return }
    if let last = entry.close.await { #expect(visitor.messages.contains { last.matches($0) }) }
    let code = entry.close.code ?? 1000
    #expect(visitor.talk.closes.first.map { if case .close(code, _) = $0 { true } else { false } } ?? false, "\(visitor.talk.closes)")
  }

  /// Silence is borne where it is filled as the vendor wants, and not where it isn't.
  @Test(arguments: all.names)
  func silenceIsFilled(name: String) throws {
    let entry = try vendor(name)
    var visitor = try Visitor(entry)
    visitor.open()
    try visitor.speak(speech(syllables: 2, rate: 16_000, before: 100, after: 100), rate: 16_000)
    #expect(visitor.isReady)
    #expect(visitor.talk.closes == [])
    let idle = entry.keepalive.idleTimeout
    var alive = visitor
    alive.wait(min(idle.map { $0 * 3 } ?? .seconds(120), (entry.limits.maxSession ?? .seconds(86_400)) / 2), alive: true)
    if entry.keepalive.message != nil || idle == nil { #expect(alive.talk.closes == [], "\(alive.talk.closes)") }
    guard let idle else { return }
    visitor.wait(idle + .seconds(5))
    let frame = entry.keepalive.idleClose
    #expect(visitor.talk.closes.first.map { close in frame.map { close == .close(code: $0.code, reason: $0.reason) } ?? true } ?? false)
  }

  @Test(arguments: all.names.filter { all[$0]?.keepalive.idleQuery != nil })
  func aParameterSetsHowLongSilenceIsBorne(name: String) throws {
    let entry = try vendor(name)
    let parameter = try #require(entry.keepalive.idleQuery)
    var visitor = try Visitor(entry, query: Query([(parameter, "7")]))
    visitor.open()
    visitor.wait(.seconds(6))
    #expect(visitor.talk.closes == [])
    visitor.wait(.seconds(2))
    #expect(visitor.talk.closes.count == 1)
  }

  /// Nothing that is not what a vendor takes passes for audio.
  @Test(arguments: all.names.filter { all[$0]?.lifecycle.firstMessage != nil && all[$0]?.simulation?.on[.tooEarly] != nil })
  func whatComesBeforeTheFirstMessageIsNotTaken(name: String) throws {
    var visitor = try Visitor(vendor(name))
    let before = visitor.talk.actions.count
    visitor.send(#"{"type":"some.other.message"}"#)
    #expect(visitor.talk.actions.count > before)
  }

  @Test(
    arguments: all.names.filter {
      all[$0]?.audio.format.message?.input?.encoding != nil || all[$0]?.audio.format.message?.output?.encoding != nil
    })
  func aFormatThatIsNotTakenIsToldInTheSession(name: String) throws {
    let entry = try vendor(name)
    var visitor = try Visitor(entry)
    let directions = try #require(entry.audio.format.message)
    let places = try #require(directions.input ?? directions.output)
    let opening = (entry.openings() + entry.sayings("x")).compactMap { try? JSONValue.parse($0) }.first {
      directions.match?.matches($0) ?? true
    }
    var sketch = MessageSketch(try #require(opening))
    var fixed = FormatRules.Fixed()
    fixed.encoding = "nonsense"
    sketch.declare(fixed, at: places)
    let before = visitor.events.count
    visitor.send(sketch.value.text())
    let isTold = visitor.events.dropFirst(before).contains { if case .failure = $0 { true } else { false } }
    #expect(isTold || !visitor.talk.closes.isEmpty, "\(visitor.talk.actions)")
  }

  /// Both directions of a session, each with what the other's messages say of its format.
  private func measured(
    _ entry: VendorDescriptor, _ query: Query, _ sent: [(at: Duration, action: CallAction)], _ received: [SimulatorAction]
  ) throws -> (input: Inspection.Meter, output: Inspection.Meter) {
    var input = Inspection.Meter(try metered(entry, .input), query)
    var announced = Inspection.Meter(try metered(entry, .output), query), output = announced
    for action in received { announced.take(action) }
    input.hear(&announced)
    for (at, action) in sent { input.take(action, at) }
    output.hear(&input)
    for action in received { output.take(action) }
    return (input, output)
  }

  private func metered(_ entry: VendorDescriptor, _ direction: AudioDirection) throws -> AudioInspector {
    var route = RouteAudio()
    route.policy = .reject
    return AudioInspector(try AudioPlan(entry, direction, route: route))
  }
}
