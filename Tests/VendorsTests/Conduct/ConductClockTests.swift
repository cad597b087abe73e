import Testing
@testable import Vendors

/// What a session does when nothing happens.
@Suite struct ConductClockTests {
  @Test func keepalivesInSilence() throws {
    var talk = try Talk(vendor("deepgram.listen"))
    // It needs audio first.
    #expect(talk.conduct.deadline == nil)
    #expect(talk.pass(60_000).isEmpty)
    #expect(talk.client([1, 2]) == [.clock])
    let keepalive = #"{"type":"KeepAlive"}"#
    #expect(talk.pass(9_000).said == ["65000 keepalive \(keepalive)", "69000 keepalive \(keepalive)"])
    // Audio takes its place, and so does a client that sends it itself.
    for _ in 0..<10 {
      #expect(talk.pass(1_000).isEmpty)
      _ = talk.client([1, 2])
    }
    #expect(talk.pass(3_000).isEmpty)
    _ = talk.client(keepalive)
    #expect(talk.pass(3_900).isEmpty)
    #expect(talk.pass(200).count == 1)
    // Another message is none.
    _ = talk.client(#"{"type":"Finalize"}"#)
    #expect(talk.pass(4_000).count == 1)
  }

  /// A vendor that wants its configuration first gets no keepalive before it.
  @Test func notBeforeTheBeginning() throws {
    var agent = try Talk(vendor("deepgram.agent"))
    #expect(agent.pass(60_000).isEmpty)
    _ = agent.vendor(#"{"type":"Welcome"}"#)
    _ = agent.client(#"{"type":"Settings"}"#)
    #expect(agent.pass(60_000).isEmpty)
    _ = agent.vendor(#"{"type":"SettingsApplied"}"#)
    #expect(agent.pass(8_000).said == ["129000 keepalive {\"type\":\"KeepAlive\"}"])
    var soniox = try Talk(vendor("soniox.stt"))
    #expect(soniox.pass(30_000).isEmpty)
    #expect(soniox.client(#"{"model":"stt-rt"}"#) == [.clock])
    #expect(soniox.pass(5_000).count == 1)
    // The gateway may have said it in the client's stead.
    var settings = ConductSettings()
    settings.opening = [#"{"model":"stt-rt"}"#]
    var opened = try Talk(vendor("soniox.stt"), settings)
    #expect(opened.pass(5_000).count == 1)
  }

  @Test func memory() throws {
    var talk = try Talk(vendor("inworld.tts"), query: "")
    #expect(talk.pass(60_000).isEmpty)
    var vendor = try vendor("inworld.tts")
    vendor.keepalive.every = .seconds(10)
    talk = try Talk(vendor)
    #expect(talk.pass(25_000).isEmpty)
    _ = talk.client(#"{"create":{},"contextId":"c 1"}"#)
    #expect(talk.pass(10_000).said == [#"31000 keepalive {"send_text":{"text":""},"contextId":"c 1"}"#])
  }

  /// A client may ask the vendor for less patience.
  @Test(arguments: [("", 10_000), ("inactivity_timeout=8", 4_000), ("inactivity_timeout=180", 10_000), ("inactivity_timeout=x", 10_000)])
  func patienceOfTheQuery(query: String, every: Int64) throws {
    var talk = try Talk(vendor("elevenlabs.tts"), query: query)
    _ = talk.client(#"{"text":" "}"#)
    #expect(talk.pass(every - 1).isEmpty)
    #expect(talk.pass(1).count == 1)
  }

  @Test func offUnlessTheQueryAsks() throws {
    var talk = try Talk(vendor("assemblyai.streaming"))
    _ = talk.vendor(#"{"type":"Begin"}"#)
    #expect(talk.pass(600_000).isEmpty)
    talk = try Talk(vendor("assemblyai.streaming"), query: "inactivity_timeout=30")
    _ = talk.vendor(#"{"type":"Begin"}"#)
    #expect(talk.pass(15_000).said == ["16000 keepalive {\"type\":\"KeepAlive\"}"])
  }

  // MARK: Ready in time

  private var hurried: ConductSettings {
    var settings = ConductSettings()
    settings.ready = .seconds(5)
    return settings
  }

  @Test func notReadyInTime() throws {
    var talk = try Talk(vendor("openai.realtime"), hurried)
    #expect(talk.pass(4_999).isEmpty)
    #expect(talk.pass(1).map(\.event) == [.unready])
    #expect(talk.pass(60_000).isEmpty)
    talk = try Talk(vendor("openai.realtime"), hurried)
    #expect(talk.pass(4_999).isEmpty)
    #expect(talk.vendor(#"{"type":"session.created"}"#).news == [.ready(after: 4_999)])
    #expect(talk.conduct.deadline == nil)
  }

  /// The vendor waits for the client: what that takes is not the vendor's fault.
  @Test func waitingForTheClient() throws {
    var talk = try Talk(vendor("deepgram.agent"), hurried)
    #expect(talk.conduct.deadline == nil)
    #expect(talk.pass(60_000).isEmpty)
    _ = talk.vendor(#"{"type":"Welcome"}"#)
    #expect(talk.client(#"{"type":"Settings"}"#) == [.clock])
    #expect(talk.pass(5_000).map(\.event) == [.unready])
  }

  @Test func readyAtTheOpening() throws {
    #expect(try Talk(vendor("deepgram.listen"), hurried).conduct.deadline == nil)
  }

  // MARK: Audio of the client

  private var impatient: ConductSettings {
    var settings = ConductSettings()
    settings.clientAudioIdle = .seconds(20)
    return settings
  }

  /// Keepalives are no audio.
  @Test func audioThatDoesNotCome() throws {
    var talk = try Talk(vendor("deepgram.listen"), impatient)
    _ = talk.client([1, 2])
    _ = talk.pass(10_000)
    _ = talk.client([1, 2])
    _ = talk.client(#"{"type":"KeepAlive"}"#)
    let events = talk.pass(21_000)
    #expect(events.first { $0.event == .audioIdle }?.at == 31_000)
    #expect(events.prefix { $0.event != .audioIdle }.count == 4)
  }

  @Test func audioCountsFromReadinessOn() throws {
    var talk = try Talk(vendor("openai.realtime"), impatient)
    #expect(talk.pass(60_000).isEmpty)
    _ = talk.vendor(#"{"type":"session.created"}"#)
    #expect(talk.conduct.deadline == 81_000)
  }

  /// A vendor that takes no audio cannot miss any.
  @Test func speakersAreNotConcerned() throws {
    var talk = try Talk(vendor("elevenlabs.tts"), impatient)
    #expect(talk.pass(600_000).allSatisfy { $0.event != .audioIdle })
  }
}
