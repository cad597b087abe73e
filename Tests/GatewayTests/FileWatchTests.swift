import Glibc
import TestSupport
import Testing
@testable import Gateway

@Suite struct FileWatchTests {
  private let folder = TemporaryFolder()

  private func run(_ words: String...) throws { try ChildProcess.run(words) }

  @Test func whatIsAChange() throws {
    let file = try folder.write("file", "one")
    var watch = FileWatch([file])
    func isSeen(_ what: String, _ change: () throws -> Void) rethrows {
      try change()
      #expect(watch.changes() == [file], "\(what)")
      #expect(watch.changes() == [], "\(what), once")
    }
    #expect(watch.changes() == [])
    try isSeen("written again, as long as before") { try folder.write("file", "two") }
    try isSeen("replaced by a rename") { try run("mv", folder.write("next", "two"), file) }
    try isSeen("touched") { try run("touch", file) }
    try isSeen("made readable") { try run("chmod", "640", file) }
    try isSeen("gone") { try run("rm", file) }
    try isSeen("come") { try folder.write("file", "two") }
    try isSeen("a link in its place") {
      try folder.write("other", "two")
      try run("ln", "-sfn", "other", file)
    }
    try isSeen("what the link leads to") { try folder.write("other", "three") }
    try isSeen("a link to nothing") { try run("rm", folder.file("other")) }
  }

  /// As Kubernetes does: the links of the files stay, and the one that they go through is made to lead elsewhere.
  @Test func theSwapOfALink() throws {
    for version in ["one", "two"] {
      try run("mkdir", folder.file(version))
      for name in ["a", "b"] { try folder.write("\(version)/\(name)", "same") }
    }
    try run("ln", "-s", "one", folder.file("..data"))
    for name in ["a", "b"] { try run("ln", "-s", "..data/\(name)", folder.file(name)) }
    var watch = FileWatch([folder.file("a"), folder.file("b")])
    #expect(watch.changes() == [])
    try run("ln", "-s", "two", folder.file("..new"))
    try run("mv", "-T", folder.file("..new"), folder.file("..data"))
    #expect(watch.changes() == [folder.file("a"), folder.file("b")])
    #expect(watch.changes() == [])
  }

  @Test func otherFiles() throws {
    let (a, b) = (try folder.write("a", ""), try folder.write("b", ""))
    var watch = FileWatch([a])
    try folder.write("a", "changed")
    // What is watched already is known as it was at the last look.
    watch.watch([a, b])
    #expect(watch.changes() == [a])
    try folder.write("a", "changed before")
    let c = try folder.write("c", "")
    watch.add([a, c])
    try folder.write("c", "changed")
    #expect(watch.changes() == [a, c])
    watch.watch([b])
    try folder.write("a", "changed again")
    try folder.write("b", "changed")
    #expect(watch.changes() == [b])
  }
}
