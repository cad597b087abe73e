import Configuration
import Testing

@Suite struct DotEnvTests {
  @Test(arguments: [
    ("A=1", "1"), ("export A=1", "1"), ("  export\tA=1", "1"), ("A =  1  ", "1"), ("A=", ""), ("A=''", ""), ("A=\"\"", ""),
    ("A=one two", "one two"), ("A=one # two", "one"), ("A=one#two", "one#two"), ("A= # nothing", ""), ("A=a=b", "a=b"),
    ("A='one # two' # three", "one # two"), ("A='$HOME \\n'", "$HOME \\n"),
    ("A=\"a\\nb\\t\\\"c\\\" \\\\ \\$d \\q\"", "a\nb\t\"c\" \\ $d \\q"),
    ("A=\"line 1\nline 2\"", "line 1\nline 2"), ("A=1\r\nB=2\r\n", "1"), ("# A=0\n\nA=1", "1"), ("A=1\nA=2", "2"), ("\u{FEFF}A=1", "1"),
    ("A=ü", "ü"),
  ])
  func values(text: String, expected: String) {
    let file = DotEnv(text)
    #expect(file.values["A"] == expected)
    #expect(file.problems.isEmpty)
  }

  @Test(arguments: [
    ("A", 1, "expected NAME=value"), ("1A=b", 1, "expected NAME=value"), ("\n=b", 2, "expected NAME=value"),
    ("A-B=c", 1, "expected NAME=value"),
    ("B=1\nA='open", 2, "the quoted value of A has no end"), ("A=\"b\" c", 1, "expected the end of the line after the quoted value of A"),
  ])
  func problems(text: String, line: Int, message: String) {
    let problems = DotEnv(text).problems
    #expect(problems.map(\.line) == [line])
    #expect(problems.map(\.message) == [message])
  }

  @Test func theRealEnvironmentWins() {
    let merged = DotEnv("A=file\nB=file\n").merged(into: ["A": "real", "C": "real"])
    #expect(merged == ["A": "real", "B": "file", "C": "real"])
  }

  @Test func aBadLineDoesNotSpoilTheNext() {
    #expect(DotEnv("what is this\nA=1\n").values == ["A": "1"])
  }
}
