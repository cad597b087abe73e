import JSON
import Testing
@testable import Vendors

@Suite struct CarriageStateTests {
  @Test func aSessionOpensAndClosesAWay() throws {
    var state = CarriageState(try vendor("xai.realtime").audio.clientChoices)
    func transport(_ value: JSONValue) -> JSONValue { ["type": "session.update", "session": ["audio": ["input": ["transport": value]]]] }
    #expect(!state.takesBinary)
    state.note(transport("json"))
    #expect(!state.takesBinary)
    state.note(transport("binary"))
    #expect(state.takesBinary)
    // What says nothing of it changes nothing.
    state.note(["type": "session.update", "session": ["voice": "a"]])
    #expect(state.takesBinary)
    #expect(state.path(in: ["type": "input_audio_buffer.append", "audio": "AAAA"])?.text == "audio")
    state.note(transport("json"))
    #expect(!state.takesBinary)
  }

  @Test func severalWaysAreOpenAtOnce() throws {
    let state = CarriageState(try vendor("speechmatics.realtime").audio.clientChoices)
    #expect(state.takesBinary)
    #expect(state.path(in: ["message": "AddChannelAudio", "channel": "1", "data": "AAAA"])?.text == "data")
    #expect(state.path(in: ["message": "EndOfStream"]) == nil)
  }

  /// The simulator goes by it in both directions.
  @Test func aSessionOverBinaryMessages() throws {
    var visitor = try Visitor(vendor("xai.realtime"))
    visitor.send([1, 2, 3, 4])
    #expect(visitor.messages.last?["type"] == "error")
    visitor.send(#"{"type":"session.update","session":{"audio":{"input":{"transport":"binary"},"output":{"transport":"binary"}}}}"#)
    let before = visitor.messages.count
    visitor.send(pcm(speech(syllables: 3, rate: 24_000)))
    visitor.wait(.seconds(3))
    #expect(visitor.messages.dropFirst(before).contains { $0["type"] == "input_audio_buffer.speech_stopped" })
    #expect(visitor.talk.audio.count > 24_000)
    #expect(!visitor.messages.contains { $0["type"] == "response.output_audio.delta" })
  }

  static let mistakes: [(String, String)] = [
    ("{client: binry}", "did you mean 'binary'?"), ("{client: {match: {a: 1}}}", "needs 'path'"),
    ("{client: {binary: true, match: {a: 1}, path: x}}", "takes only one of"), ("{client: []}", "needs at least one item"),
  ]

  @Test(arguments: mistakes)
  func aMistakeIsSaid(yaml: String, said: String) {
    let problems = descriptor("test.one:\n  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  audio: \(yaml)").problems
    #expect(problems.contains { $0.contains(said) }, "\(problems)")
  }
}
