import Testing
@testable import Gateway

@Suite struct SwitchesFileTests {
  @Test(
    arguments: [
      ("", false, []), ("\n\n  \n# all\n", false, []), ("all", true, []), ("all\n", true, []), ("  all  # for the night\r\n", true, []),
      ("/echo\n/openai/*\n", false, ["/echo", "/openai/*"]), ("/echo\r\n/b\r\n", false, ["/echo", "/b"]),
      ("- /echo\n- \"/openai/*\"\n-  '/b' # c\n", false, ["/echo", "/openai/*", "/b"]), ("- all\n/echo", true, ["/echo"]),
      ("/a#b\n/c #d\n#/e", false, ["/a#b", "/c"]), ("---\n", false, []),
    ] as [(String, Bool, Set<String>)])
  func whatIsOff(_ text: String, _ all: Bool, _ routes: Set<String>) {
    let file = SwitchesFile(text)
    #expect(file.isAllOff == all && file.routes == routes)
  }

  @Test func whatIsNeither() {
    let file = SwitchesFile("/echo\nal\n\"/open\nALL\n")
    #expect(file.routes == ["/echo"] && !file.isAllOff)
    #expect(
      file.problems == [
        "line 2: 'al' is neither a path nor 'all'", "line 3: '\"/open' is neither a path nor 'all'",
        "line 4: 'ALL' is neither a path nor 'all'",
      ])
    let long = SwitchesFile(String(repeating: "x", count: 5_000)).problems
    #expect(long.count == 1 && long[0].utf8.count < 100, "\(long)")
  }
}
