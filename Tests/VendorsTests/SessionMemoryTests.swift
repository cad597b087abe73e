import JSON
import Testing
@testable import Vendors

@Suite struct SessionMemoryTests {
  @Test func theLastValueCounts() throws {
    let entry = try vendor("dashscope.asr")
    var memory = SessionMemory(entry)
    let message = try #require(entry.close.message)
    #expect(memory.text(of: message) == nil)
    memory.note(["header": ["task_id": "one"]], of: .vendor)
    #expect(memory.text(of: message) == nil)
    memory.note(["header": ["task_id": "one"]], of: .client)
    memory.note(["header": ["task_id": "two"]], of: .client)
    memory.note(["header": ["task_id": nil]], of: .client)
    memory.note(["other": 1], of: .client)
    #expect(try JSONValue.parse(try #require(memory.text(of: message)))["header"]?["task_id"] == "two")
  }

  @Test func binaryMessagesAreCounted() throws {
    let entry = try vendor("speechmatics.realtime")
    var memory = SessionMemory(entry)
    #expect(memory.isEmpty)
    for _ in 0..<3 { memory.noteBinary() }
    #expect(memory.text(of: try #require(entry.close.message)) == #"{"message":"EndOfStream","last_seq_no":3}"#)
  }

  @Test func whatNothingFillsIsSaid() {
    let problems = descriptor(
      """
      test.one:
        kind: speech_to_text
        endpoint: {url: "wss://a.example/"}
        memory: {task: {path: id}}
        close: {message: {id: "{tusk}"}}
      """
    ).problems
    #expect(problems == ["v.yaml:5:20: error: unknown variable '{tusk}' in close of vendor 'test.one'; did you mean 'task'?"])
  }
}
