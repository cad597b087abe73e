import Testing
@testable import JSON

@Suite struct JSONValueTests {
  static let session: JSONValue = [
    "type": "session.update",
    "session": ["audio": ["input": ["rate": 24000, "gain": 0.5]], "tools": [["name": "a"], ["name": "b"]], "on": true, "none": nil],
  ]

  static let paths: [(String, JSONValue?)] = [
    ("type", "session.update"), ("session.audio.input.rate", 24000), ("session.tools.1.name", "b"), ("session.tools.2.name", nil),
    ("session.tools.-1", nil), ("session.tools.name", nil), ("session.audio.rate", nil), ("type.x", nil),
    ("session..audio", nil), ("", nil),
    ("session.none", JSONValue.null),
  ]

  @Test(arguments: paths)
  func leads(path: String, value: JSONValue?) {
    #expect(Self.session.at(path) == value)
  }

  @Test func subscripts() {
    #expect(Self.session["session"]?["audio"]?["input"]?["rate"]?.intValue == 24000)
    #expect(Self.session["session"]?["tools"]?[0]?["name"]?.stringValue == "a")
    #expect(Self.session["session"]?["tools"]?[2] == nil)
    #expect(Self.session["type"]?["x"] == nil)
    #expect(Self.session["missing"] == nil)
  }

  @Test func views() {
    let number: JSONValue = 3
    #expect(number.intValue == 3 && number.doubleValue == 3 && number.stringValue == nil && number.boolValue == nil)
    #expect(JSONValue.double(3.0).intValue == 3)
    #expect(JSONValue.double(3.5).intValue == nil)
    #expect(JSONValue.double(1e19).intValue == nil)
    #expect(JSONValue.double(.nan).intValue == nil)
    #expect(Self.session.at("session.on")?.boolValue == true)
    #expect(Self.session.at("session.none")?.isNull == true)
    #expect(Self.session.at("session.tools")?.arrayValue?.count == 2)
    #expect(Self.session.objectValue?.names == ["type", "session"])
    #expect(Array(JSONObject([.init("a", 1)])) == [.init("a", 1)])
    #expect("\(1 + 1)" as JSONValue == "2")
  }

  @Test func changes() {
    var value: JSONValue = ["b": 1, "a": 2]
    value["b"] = 3
    value["c"] = "new"
    value["a"] = nil
    #expect(value.text() == #"{"b":3,"c":"new"}"#)
    value.set(24000, at: "session.audio.rate")
    value.set(true, at: "session.audio.on")
    value.set("x", at: "b.deep")
    #expect(value.text() == #"{"b":{"deep":"x"},"c":"new","session":{"audio":{"rate":24000,"on":true}}}"#)
    var scalar: JSONValue = 1
    scalar["a"] = 2
    #expect(scalar == ["a": 2])
  }

  @Test func equalityIsOfTheWrittenForm() {
    #expect(["a": 1, "b": 2] as JSONValue != ["b": 2, "a": 1])
    #expect(JSONValue.int(1) != .double(1))
  }
}
