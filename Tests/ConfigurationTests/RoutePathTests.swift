import Configuration
import Testing

@Suite struct RoutePathTests {
  @Test(
    arguments: [
      ("/listen", "/listen", ""), ("/listen", "/listen/", nil), ("/listen", "/listen/a", nil), ("/listen", "/Listen", nil),
      ("/echo/*", "/echo", ""), ("/echo/*", "/echo/", "/"), ("/echo/*", "/echo/v1/realtime", "/v1/realtime"), ("/echo/*", "/echoes", nil),
      ("/*", "/", "/"), ("/*", "/a", "/a"), ("/", "/", ""),
    ] as [(String, String, String?)])
  func rest(pattern: String, path: String, expected: String?) throws {
    #expect(try #require(RoutePath(pattern)).rest(of: path) == expected)
  }

  @Test(arguments: ["", "listen", "*", "/a*", "/a/*/b", "/*/a", "//", "/a//b", "/a/../b", "/./a", "/a?b", "/a#b", "/a b", "/ü", "/a//*"])
  func refused(text: String) {
    #expect(RoutePath(text) == nil)
  }
}
