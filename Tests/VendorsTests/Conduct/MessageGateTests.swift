import JSON
import Testing
@testable import Vendors

@Suite struct MessageGateTests {
  private static func settings(types: [String] = [], pinned: [(String, String)] = []) -> ConductSettings {
    var settings = ConductSettings()
    (settings.types, settings.pinned) = (types, pinned.map { (path: $0.0, value: $0.1) })
    return settings
  }

  static let messages: [(vendor: String, message: String, events: [ConductEvent])] = [
    ("openai.realtime", #"{"type":"session.update"}"#, []),
    ("openai.realtime", #"{"type":"response.create"}"#, [.refused("response.create")]),
    // The last of two counts, as it does for the vendor.
    ("openai.realtime", #"{"type":"session.update","type":"response.create"}"#, [.refused("response.create")]),
    ("openai.realtime", #"{"type":"session.updates"}"#, [.refused("session.updates")]),
    ("openai.realtime", #"{"type":["session.update"]}"#, [.refused(nil)]), ("openai.realtime", "{}", [.refused(nil)]),
    ("openai.realtime", "session.update", [.refused(nil)]), ("openai.realtime", "", [.refused(nil)]),
    ("gemini.live", #"{"setup":{}}"#, []), ("gemini.live", #"{"toolResponse":{}}"#, [.refused("toolResponse")]),
    ("speechmatics.realtime", #"{"message":"StartRecognition"}"#, []),
    ("speechmatics.realtime", #"{"message":"EndOfStream"}"#, [.refused("EndOfStream")]),
  ]

  @Test(arguments: messages)
  func types(vendor name: String, message: String, events: [ConductEvent]) throws {
    var talk = try Talk(vendor(name), Self.settings(types: ["session.update", "setup", "StartRecognition"]))
    #expect(talk.client(message).news == events)
  }

  /// The opcode lets nothing pass that a vendor may read as JSON, and audio is no such message.
  @Test func binaryMessages() throws {
    var openAI = try Talk(vendor("openai.realtime"), Self.settings(types: ["session.update"]))
    #expect(openAI.client(Array(#"{"type":"response.create"}"#.utf8)) == [.refused("response.create")])
    var deepgram = try Talk(vendor("deepgram.listen"), Self.settings(types: ["KeepAlive"]))
    #expect(deepgram.client([1, 2, 3, 4]).news.isEmpty)
    #expect(deepgram.client(#"{"type":"Finalize"}"#) == [.refused("Finalize")])
  }

  static let pins: [(message: String, result: String?)] = [
    (#"{"type":"update","session":{"model":"other","voice":"a"}}"#, #"{"type":"update","session":{"model":"m","voice":"a"}}"#),
    (#"{"type":"session.update","session":{}}"#, #"{"type":"session.update","session":{"model":"m"}}"#),
    (#"{"type":"session.update","session":{"\u006dodel":1}}"#, #"{"type":"session.update","session":{"model":"m"}}"#),
    (#"{"type":"response.create"}"#, #"{"type":"response.create"}"#), (#"{"session":"text"}"#, #"{"session":"text"}"#),
    (#"{"tier":"x","session":{"model":"m"}}"#, #"{"tier":"free","session":{"model":"m"}}"#),
    (#"{"session":{"model":"a","model":"b"}}"#, nil), (#"{"session":{},"session":{"model":"a"}}"#, nil),
  ]

  @Test(arguments: pins)
  func pinned(message: String, result: String?) throws {
    let settings = Self.settings(pinned: [("session.model", "m"), ("tier", "free")])
    var talk = try Talk(vendor("openai.realtime"), settings)
    #expect(talk.client(message).news.isEmpty)
    #expect(talk.conduct.pinned(Array(message.utf8)).map { String(decoding: $0, as: UTF8.self) } == result)
  }
}
