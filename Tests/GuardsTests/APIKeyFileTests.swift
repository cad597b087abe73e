import TestSupport
import Testing
@testable import Guards

@Suite struct APIKeyFileTests {
  @Test func isReadAgainWhenItChanges() throws {
    let folder = TemporaryFolder()
    var file = APIKeyFile(folder.file("keys.yaml"))
    #expect(throws: (any Error).self) { _ = try file.read() }
    try folder.write("keys.yaml", "keys: []")
    #expect(try file.read()?.keys?.keys.count == 0)
    #expect(try file.read() == nil)
    try folder.write("keys.yaml", "keys: [{sha256: \(APIKeySetTests.hash), subject: a}]")
    #expect(try file.read()?.keys?.keys.count == 1)
    #expect(try file.read() == nil)
    // A mistake is told once, too.
    try folder.write("keys.yaml", "keys: x")
    #expect(try file.read()?.diagnostics.count == 1)
    #expect(try file.read() == nil)
  }
}
