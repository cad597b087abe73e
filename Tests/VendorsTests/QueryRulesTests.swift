import Configuration
import Testing
@testable import Vendors

@Suite struct QueryRulesTests {
  @Test func aRoutesAndAnUpstreamsWordsAreRules() {
    var route = RouteQuery()
    #expect(QueryRules(route) == QueryRules())
    route.pass = ["model"]
    route.drop = ["tag"]
    route.forced = ["b": ["1", "2"], "a": ["0"]]
    route.rename = ["m": "model"]
    #expect(
      QueryRules(route)
        == QueryRules(
          forced: [.init("a", "0"), .init("b", "1"), .init("b", "2")], allow: ["model"], deny: ["tag"],
          rename: ["m": "model"]))
    var upstream = UpstreamQuery()
    upstream.defaults = ["model": ["x"]]
    upstream.forced = ["tag": ["y"]]
    #expect(QueryRules(upstream) == QueryRules(defaults: [.init("model", "x")], forced: [.init("tag", "y")]))
  }

  static let queries: [(String?, String, [(String, String)])] = [
    (nil, "", []), ("", "", []), ("a", "a", [("a", "")]), ("a=", "a=", [("a", "")]), ("a=b=c", "a=b=c", [("a", "b=c")]),
    ("&&a=1&&b=2&", "a=1&b=2", [("a", "1"), ("b", "2")]),
    ("%61=%C3%A4", "%61=%C3%A4", [("a", "ä")]), ("a=x+y", "a=x+y", [("a", "x+y")]), ("a=%zz%4", "a=%zz%4", [("a", "%zz%4")]),
  ]

  @Test(arguments: queries)
  func aQueryStaysAsItWasWritten(text: String?, written: String, pairs: [(String, String)]) {
    let query = Query(text)
    #expect(query.text == written)
    #expect(query.items.map(\.name) == pairs.map(\.0))
    #expect(query.items.map(\.value) == pairs.map(\.1))
  }

  @Test func encodingIsUndone() {
    let text = String(String.UnicodeScalarView((1..<0x250).compactMap { Unicode.Scalar($0) }))
    #expect(Percent.decode(Percent.encode(text)) == text)
    #expect(Percent.isWellFormed(Percent.encode(text)))
    #expect(Percent.encode("aZ09-._~ /+") == "aZ09-._~%20%2F%2B")
  }

  @Test func aDefaultYieldsToItsAlternatives() {
    let rules = QueryRules(defaults: [.init("model", "m")], oneOf: [["model", "intent"]])
    #expect(rules.completed(Query("intent=t"), oneOf: rules.oneOf).text == "intent=t")
    #expect(rules.completed(Query("x=1"), oneOf: rules.oneOf).text == "x=1&model=m")
    #expect(rules.missing(in: Query("x=1")) == ["model", "intent"])
    #expect(rules.missing(in: Query("intent")) == nil)
  }
}
