import Testing
@testable import Vendors

@Suite struct ProbeScriptTests {
  /// In a vendor's own framing as in JSON.
  @Test func framedMessages() throws {
    var script = ProbeScript(try vendor("volcengine.asr"))
    let opening = script.opened(nil)
    #expect(opening.count == 1 && !opening[0].isEmpty)
    guard case .binary(let bytes) = script.frame(opening[0]) else {
      Issue.record("it is a text")
      return
    }
    let request = try MessageFraming.volc.open(bytes[...], isText: false)
    #expect(request.value["type"] == "full_client_request" && request.value["payload"]?["audio"]?["format"] == "pcm")
    let refusal = MessageFraming.volc.close(["type": "error", "code": 45_000_001, "payload": "canary"], audio: []).bytes
    #expect(script.receive(binary: refusal) == [])
    #expect(script.progress == .failed("the vendor reports an error (45000001)"))
  }

  @Test func stagesComeInTheirOrder() throws {
    var script = ProbeScript(try vendor("deepgram.agent"))
    #expect(!script.isReadyAtOnce && script.progress == .waiting(for: "type = Welcome") && !script.hasHeard)
    #expect(script.opened(nil).count == 1 && script.opened(nil)[0].contains(#""type":"Settings""#))
    // The second before the first is no stage.
    #expect(script.receive(text: #"{"type":"SettingsApplied"}"#) == [])
    #expect(script.progress == .waiting(for: "type = Welcome"))
    _ = script.receive(text: #"{"type":"Welcome"}"#)
    #expect(script.progress == .waiting(for: "type = SettingsApplied"))
    _ = script.receive(text: "no json")
    _ = script.receive(text: #"{"type":"SettingsApplied"}"#)
    #expect(script.progress == .ready && script.hasHeard)
  }

  @Test func whoTellsNothingIsReadyAtOnce() throws {
    let script = ProbeScript(try vendor("deepgram.listen"), query: Query("model=nova-3"))
    #expect(script.isReadyAtOnce && script.progress == .ready)
    #expect(script.query.contains { $0.name == "encoding" } && !script.query.contains { $0.name == "model" })
  }

  @Test func aServerOfWhichNothingIsKnown() {
    let script = ProbeScript(.plain)
    #expect(script.isReadyAtOnce && script.opened(nil) == [] && script.query.isEmpty)
  }

  @Test func theFirstMessageBearsTheCredential() throws {
    let script = ProbeScript(try vendor("soniox.stt"))
    let messages = script.opened(UpstreamRequest.FirstMessageCredential(path: "api_key", value: "canary"))
    #expect(messages.first?.contains(#""api_key":"canary""#) == true && messages.count == max(script.opened(nil).count, 1))
  }

  /// In the descriptor's words, with a code where it is a number: what the vendor writes may hold anything.
  @Test func failuresAreToldWithoutTheVendorsWords() throws {
    let rows: [(String, String, String)] = [
      ("soniox.stt", #"{"error_code":401,"error_message":"canary"}"#, "the credential was refused behind the upgrade (401)"),
      ("openai.realtime", #"{"type":"error","error":{"code":"canary","message":"canary"}}"#, ""),
    ]
    for (name, message, words) in rows {
      var script = ProbeScript(try vendor(name))
      _ = script.receive(text: message)
      guard case .failed(let told) = script.progress else {
        // What a vendor survives is no failure.
        #expect(words.isEmpty, "\(name)")
        continue
      }
      #expect((words.isEmpty || told == words) && !told.contains("canary"), "\(told)")
      script.closed(CloseFrame(code: 1008, reason: "canary"))
      #expect(script.progress == .failed(told))
    }
  }

  @Test func aCloseBeforeReadiness() throws {
    for (frame, words) in [
      (CloseFrame(code: 1011, reason: "canary"), "closed with 1011 (internal error)"),
      (CloseFrame(code: 1005, reason: ""), "closed without a code"),
      (nil, "connection lost without a close frame"),
    ] {
      var script = ProbeScript(try vendor("openai.realtime"))
      script.closed(frame)
      guard case .failed(let told) = script.progress else {
        Issue.record("no failure: \(script.progress)")
        continue
      }
      #expect(told.hasPrefix(words) && told.hasSuffix(", before it was ready") && !told.contains("canary"), "\(told)")
    }
  }

  /// A vendor that pings before it is ready is answered.
  @Test func pingsAreAnswered() throws {
    var script = ProbeScript(try vendor("elevenlabs.agents"))
    #expect(script.receive(text: #"{"type":"ping","ping_event":{"event_id":7}}"#) == [#"{"type":"pong","event_id":7}"#])
  }
}
