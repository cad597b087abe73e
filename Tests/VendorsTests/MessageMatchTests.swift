import JSON
import Testing
@testable import Vendors

@Suite struct MessageMatchTests {
  static let message: JSONValue = ["type": "Results", "n": 0, "list": [["a": 1], ["a": 2]], "deep": ["x": nil, "y": true]]

  static let paths: [(String, [JSONValue])] = [
    ("type", ["Results"]), ("list[0].a", [1]), ("list[*].a", [1, 2]), ("list[2].a", []), ("deep.y", [true]), ("deep.z", []), ("type.a", []),
  ]

  @Test(arguments: paths)
  func aPathLeadsToItsValues(path: String, values: [JSONValue]) throws {
    #expect(try #require(JSONPath(path)).all(in: Self.message) == values)
  }

  @Test(arguments: ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "[0]", "a[0]b"])
  func whatIsNoPathIsNone(text: String) {
    #expect(JSONPath(text) == nil)
  }

  static let tests: [(String, MessageMatch.Test, Bool)] = [
    ("type", .equals("Results"), true), ("type", .equals("results"), false), ("n", .equals(.double(0)), true),
    ("deep.x", .equals(nil), true),
    ("gone", .equals(nil), true), ("type", .not("Other"), true), ("type", .not("Results"), false), ("gone", .not(false), true),
    ("deep.x", .exists(true), false), ("deep.x", .exists(false), true), ("deep.y", .exists(true), true), ("n", .nonZero, false),
    ("list[0].a", .nonZero, true), ("type", .prefix("Res"), true), ("type", .prefix("res"), false),
    ("type", .oneOf(["A", "Results"]), true),
    ("gone", .oneOf(["A"]), false),
  ]

  @Test(arguments: tests)
  func aConditionHoldsOrNot(path: String, test: MessageMatch.Test, holds: Bool) throws {
    let match = MessageMatch(conditions: [.init(path: try #require(JSONPath(path)), test: test)])
    #expect(match.matches(Self.message) == holds)
  }

  @Test func templatesKeepTypes() {
    let template = MessageTemplate(.json(["n": "{n}", "text": "n is {n}", "gone": "{gone}", "{key}": ["{n}", "{not a name}"]]))
    let text = template.rendered { $0 == "n" ? .double(1.5) : $0 == "key" ? "k" : nil }
    #expect(text == #"{"n":1.5,"text":"n is 1.5","gone":null,"k":[1.5,"{not a name}"]}"#)
    #expect(template.variables == ["n", "n", "gone", "key", "n"])
  }
}
