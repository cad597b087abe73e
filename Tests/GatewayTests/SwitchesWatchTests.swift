import Glibc
import Guards
import Logging
import TestSupport
import Testing
@testable import Gateway

@Suite struct SwitchesWatchTests {
  private let folder = TemporaryFolder()
  private let switches = KillSwitches()
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// Only where there is no file is nothing off: what cannot be read, or not be looked at, leaves everything as it was.
  @Test func whatCannotBeReadChangesNothing() throws {
    try ChildProcess.run(["mkdir", folder.file("run")])
    let path = try folder.write("run/off", "/a\n")
    let watch = SwitchesWatch(path, switches)
    func look() -> Bool {
      watch.refresh(logger, routes: ["/a"])
      return switches.isOn(route: "/a")
    }
    #expect(!look())
    try ChildProcess.run(["mv", folder.file("run"), folder.file("away")])
    try folder.write("run", "a file where the folder was")
    #expect(!look(), "it cannot be looked at (ENOTDIR)")
    try ChildProcess.run(["rm", folder.file("run")])
    try ChildProcess.run(["ln", "-s", "run", folder.file("run")])
    #expect(!look(), "a link to itself (ELOOP)")
    try ChildProcess.run(["rm", folder.file("run")])
    try ChildProcess.run(["mv", folder.file("away"), folder.file("run")])
    try ChildProcess.run(["sh", "-c", "rm \(path) && mkdir \(path)"])
    #expect(!look(), "a folder")
    try ChildProcess.run(["rmdir", path])
    #expect(look(), "no file")
  }

  /// Who writes a file empties it first, and an empty one turns everything on.
  @Test func aFileThatChangesIsLetSettle() throws {
    let path = try folder.write("off", "all\n")
    let watch = SwitchesWatch(path, switches)
    var now = ContinuousClock.now
    func look(after time: Duration = .zero) -> Bool {
      now += time
      return watch.refresh(logger, routes: [], waits: true, now: now)
    }
    #expect(look() && !switches.isOn)
    try folder.write("off", "")
    #expect(!look(after: .seconds(1)) && !switches.isOn)
    try folder.write("off", "/a\n")
    #expect(!look(after: .milliseconds(150)) && !switches.isOn, "it has changed again")
    #expect(!look(after: .milliseconds(150)) && !switches.isOn)
    #expect(look(after: .milliseconds(50)) && switches.isOn && !switches.isOn(route: "/a"))
  }
}
