import Testing
@testable import Vendors

/// How calls go wrong, and what is said then.
@Suite struct CallEndingTests {
  static func phone(_ name: String, _ misbehaviour: Misbehaviour) throws -> Phone {
    var phone = try Phone(vendor(name), booking(), query: "model=m", misbehaviour: misbehaviour)
    phone.run()
    return phone
  }

  static let closes: [(String, Int, Int, String)] = [
    ("deepgram.listen", 3, 1011, "closed with 1011 (internal error) 'closed, as it was told to', before all audio was sent"),
    ("deepgram.listen", 3, 1000, "closed with 1000 (normal) 'closed, as it was told to', before all audio was sent"),
    ("deepgram.agent", 1, 1013, "closed with 1013 (try again later) 'closed, as it was told to', before it was ready"),
    (
      "openai.realtime", 5, 1001,
      "closed with 1001 (going away) 'closed, as it was told to': the session reached its maximum of 60 minutes, "
        + "before all audio was sent"
    ),
    ("openai.realtime", 5, 4321, "closed with 4321 'closed, as it was told to', before all audio was sent"),
  ]

  @Test(arguments: closes)
  func anAbnormalCloseIsSaidInWords(name: String, message: Int, code: Int, words: String) throws {
    #expect(try Self.phone(name, .close(atMessage: message, code: code)).script.outcome == .failed(words))
  }

  @Test func aLostConnectionIsSaid() throws {
    var script = try CallScript(vendor("deepgram.listen"), booking())
    _ = script.opened(now: .zero)
    script.closed(nil, now: .seconds(1))
    #expect(script.outcome == .failed("connection lost without a close frame, before all audio was sent"))
    #expect(script.nextTick == nil)
    #expect(script.tick(now: .seconds(9)) == [])
    #expect(script.receive(text: #"{"type":"Results"}"#, now: .seconds(9)) == [])
    script.closed(CloseFrame(code: 1000), now: .seconds(10))
    #expect(script.outcome == .failed("connection lost without a close frame, before all audio was sent"))
  }

  @Test func knownCloseCodesAreExplained() throws {
    var script = try CallScript(vendor("deepgram.listen"), booking())
    _ = script.opened(now: .zero)
    script.closed(CloseFrame(code: 1008, reason: "DATA-0000"), now: .seconds(1))
    #expect(
      script.outcome
        == .failed(
          "closed with 1008 (policy violation) 'DATA-0000': the audio cannot be decoded, before all audio was sent"))
  }

  @Test func aSilentVendorIsNotWaitedForForEver() throws {
    let listen = try Self.phone("deepgram.listen", .stall(atMessage: 0))
    // The turn's end is a matter of three seconds, then the closing message has its own time.
    #expect(listen.late == ["type = Results and speech_final = true", "type = Metadata"])
    #expect(listen.script.outcome == .failed("the vendor did not answer the closing message"))
    #expect(listen.sentTypes.last == "CloseStream")
    let realtime = try Self.phone("openai.realtime", .stall(atMessage: 0))
    #expect(realtime.late == ["type = session.created"])
    #expect(realtime.sentAudio.isEmpty)
    #expect(realtime.script.outcome == .failed("the vendor was not ready"))
    let mute = try Self.phone("openai.realtime", .stall(atMessage: 2))
    #expect(mute.late == ["type = response.done and response.status is not cancelled"])
    #expect(mute.script.outcome == .failed("the vendor did not end the turn"))
  }

  @Test func babbleIsShownAndEndsNothing() throws {
    let phone = try Self.phone("deepgram.listen", .garbage(atMessage: 2))
    #expect(phone.events.contains { $0.event == .text("{\"type\":") })
    #expect(phone.events.contains { $0.event == .message(name: "binary message of 5 bytes") })
    #expect(phone.transcripts() == [])
    guard case .failed = phone.script.outcome else {
      Issue.record("\(String(describing: phone.script.outcome))")
      return
    }
  }

  @Test func aFatalErrorEndsTheCall() throws {
    var script = try CallScript(vendor("deepgram.agent"), booking())
    _ = script.opened(now: .zero)
    let actions = script.receive(text: #"{"type":"Error","code":"NOPE","description":"no credit"}"#, now: .seconds(1))
    #expect(actions == [.note(.failure(code: "NOPE", text: "no credit", isFatal: true)), .finish(code: 1000)])
    #expect(script.outcome == nil)
    // What still comes is shown, and nothing more is sent.
    #expect(script.receive(text: #"{"type":"Welcome"}"#, now: .seconds(1)) == [.note(.message(name: "Welcome"))])
    script.closed(CloseFrame(code: 1000), now: .seconds(2))
    #expect(script.outcome == .failed("the vendor reports: no credit (NOPE)"))
  }

  @Test func anErrorThatIsNotFatalDoesNot() throws {
    var script = try CallScript(vendor("openai.realtime"), booking())
    _ = script.opened(now: .zero)
    let error = #"{"type":"error","error":{"message":"odd","code":"x"}}"#
    #expect(script.receive(text: error, now: .seconds(1)) == [.note(.failure(code: "x", text: "odd", isFatal: false))])
    #expect(script.receive(text: #"{"type":"session.created"}"#, now: .seconds(1)).contains(.note(.ready)))
  }

  @Test func silenceEndsByItself() throws {
    let quiet = WAVFile(samples: SyntheticSpeech.silence(milliseconds: 1000, rate: 16_000), rate: 16_000)
    for name in ["deepgram.listen", "deepgram.agent", "openai.realtime"] {
      var phone = try Phone(vendor(name), quiet, query: "model=m")
      phone.run()
      #expect(phone.script.outcome == .completed, "\(name)")
      #expect(phone.transcripts() == [], "\(name)")
      #expect(phone.sentAudio.count == 10, "\(name)")
    }
  }

  @Test func theServersOwnCloseMayBeMissing() throws {
    var script = try CallScript(vendor("deepgram.listen"), WAVFile(samples: speech(syllables: 2, rate: 16_000), rate: 16_000))
    var now = Duration.zero, actions = script.opened(now: now)
    while !actions.contains(.text(#"{"type":"CloseStream"}"#)), let next = script.nextTick {
      now = next
      actions = script.tick(now: now)
    }
    #expect(script.receive(text: #"{"type":"Metadata","duration":1}"#, now: now).count == 2)
    let next = try #require(script.nextTick)
    #expect(script.tick(now: next) == [.finish(code: 1000)])
    script.closed(nil, now: next)
    #expect(script.outcome == .completed)
  }
}
