import Configuration
import Testing
import YAML
@testable import Vendors

@Suite struct LikenessTests {
  private func merged(_ base: String, _ own: String) throws -> Node {
    Likeness.merged(try #require(Loader.load(base).root), try #require(Loader.load(own).root))
  }

  static let rows: [(base: String, own: String, result: String)] = [
    ("{a: 1, b: 2}", "{b: 3, c: 4}", "{a: 1, b: 3, c: 4}"),
    ("{a: {b: 1, c: 2}}", "{a: {c: 3}}", "{a: {b: 1, c: 3}}"),
    ("{a: {b: 1}}", "{a: null}", "{}"), ("{a: 1}", "{a: ~}", "{}"), ("{a: 1}", "{b: null}", "{a: 1}"),
    ("{a: [1, 2]}", "{a: [3]}", "{a: [3]}"), ("{a: {b: 1}}", "{a: text}", "{a: text}"),
    // A message is one thing.
    ("{close: {message: {type: stop, now: true}}}", "{close: {message: {type: end}}}", "{close: {message: {type: end}}}"),
    ("{match: {a: 1}}", "{match: {b: 2}}", "{match: {b: 2}}"),
  ]

  @Test(arguments: rows)
  func ownKeysGoFirst(base: String, own: String, result: String) throws {
    #expect(try merged(base, own) == #require(Loader.load(result).root))
  }

  @Test func aVendorIsLikeAnotherButForWhatItSays() throws {
    let (read, problems) = descriptor(
      """
      test.base:
        kind: speech_to_text
        endpoint: {url: "wss://a.example/x", query: {required: [model]}}
        keepalive: {message: {type: ping}, every: 5s}
      test.one:
        like: test.two
        title: One
        keepalive: null
      test.two:
        like: test.base
        endpoint: {url: "wss://b.example/x"}
      """)
    #expect(problems == [])
    let one = try #require(read)
    #expect(one.title == "One")
    #expect(one.endpoint.url.source == "wss://b.example/x")
    #expect(one.endpoint.query.required == ["model"])
    #expect(one.keepalive == KeepaliveRules())
  }

  @Test func aBuiltInOneCanBeChangedUnderItsOwnName() throws {
    var reader = Reader(file: "v.yaml")
    let root = try #require(Loader.load("deepgram.listen: {like: deepgram.listen, endpoint: {url: \"wss://own.example/v1/listen\"}}").root)
    let own = try #require(Catalogue.with(root, &reader)["deepgram.listen"])
    #expect(reader.diagnostics.map(\.headline) == [])
    #expect(own.endpoint.url.source == "wss://own.example/v1/listen")
    #expect(own.keepalive == (try vendor("deepgram.listen")).keepalive)
  }

  static let mistakes: [(String, String)] = [
    ("test.one: {like: openai.realtim}", "error: unknown vendor 'openai.realtim' in vendor 'test.one'; did you mean 'openai.realtime'?"),
    ("test.one: {like: test.two}\ntest.two: {like: test.one}", "'like' in vendor 'test.one' leads back to"),
  ]

  @Test(arguments: mistakes)
  func aMistakeIsSaidWhereItIs(yaml: String, said: String) {
    let problems = descriptor(yaml).problems
    #expect(problems.contains { $0.contains(said) }, "\(problems)")
  }
}
