import JSON
import Testing
@testable import Vendors

@Suite struct MessageSketchTests {
  static let puts: [(String, String)] = [
    ("a", #"{"a":1}"#), ("a.b.c", #"{"a":{"b":{"c":1}}}"#), ("a[0].b", #"{"a":[{"b":1}]}"#), ("a[2]", #"{"a":[null,null,1]}"#),
    ("a[*].b", #"{"a":[{"b":1}]}"#),
  ]

  @Test(arguments: puts)
  func aPathMakesItsWay(path: String, text: String) throws {
    var sketch = MessageSketch(.object([:]))
    let path = try #require(JSONPath(path))
    sketch.put(1, at: path)
    #expect(sketch.value.text() == text)
    #expect(path.first(in: sketch.value) == 1)
  }

  @Test func whatIsThereStays() throws {
    var sketch = MessageSketch(["a": ["x": 1], "b": 2])
    sketch.put("new", at: try #require(JSONPath("a.y")))
    #expect(sketch.value.text() == #"{"a":{"x":1,"y":"new"},"b":2}"#)
  }

  @Test(arguments: Catalogue.builtIn().names)
  func aSketchIsWhatItsMatchTakes(name: String) throws {
    let entry = try vendor(name)
    var matches = entry.conversation.transcripts.compactMap(\.match) + entry.conversation.turnEnd
    matches += entry.errors.messages.compactMap(\.match)
    if case .stages(let stages) = entry.lifecycle.ready { matches += stages }
    for match in matches { #expect(match.matches(MessageSketch(match).value), "\(match.summary)") }
  }
}
