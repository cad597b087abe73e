import Relay
import Testing
@testable import Gateway

@Suite struct ReplyInspectorTests {
  private static let reply = Array(#"{"type":"response.create"}"#.utf8)

  private static func judge(_ text: String, isText: Bool = true, cut: Int = 7) -> Inspection {
    let inspector = ReplyInspector([.init(type: "input_audio_buffer.speech_stopped", text: reply)], before: nil)
    #expect(inspector.begin(isText: isText) == isText)
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: cut) {
      unsafe bytes[start..<min(bytes.count, start + cut)].withUnsafeBytes { unsafe inspector.consume($0) }
    }
    return inspector.end(bytes: UInt64(bytes.count), now: 0)
  }

  @Test func answersByType() {
    #expect(Self.judge(#"{"event_id":"e","type":"input_audio_buffer.speech_stopped"}"#) == .reply(Self.reply))
    #expect(Self.judge(#"{"type":"input_audio_buffer.speech_\u0073topped"}"#) == .reply(Self.reply))
    for other in [
      #"{"type":"input_audio_buffer.speech_started"}"#, #"{"text":"input_audio_buffer.speech_stopped"}"#, "", "{", "[]",
      #"{"type":"input_audio_buffer.speech_stopped","audio":""# + String(repeating: "A", count: 5_000) + #""}"#,
    ] {
      #expect(Self.judge(other) == .pass, "\(other.prefix(60))")
    }
    #expect(Self.judge(#"{"type":"input_audio_buffer.speech_stopped"}"#, isText: false) == .pass)
  }
}
