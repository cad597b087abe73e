import FoundationEssentials
import JSON
import TestSupport
import Testing
import Tokens

/// Docs/Authentication.md: what it tells people to write starts, and lets in whom it says.
@Suite struct AuthenticationPageTests {
  private static let page = "Docs/Authentication.md"
  private static let secret = "0123456789abcdef0123456789abcdef"

  private static func table(_ method: String) throws -> String {
    let tables = try Repository.blocks("yaml", of: page).filter { $0.hasPrefix("version:") && $0.contains("type: \(method)") }
    return try #require(tables.last, "no table for \(method)")
  }

  /// The table of a method as the page has it, on a port of the test's own and with the files that it names.
  private func start(_ text: String) throws -> (GatewayProcess, TemporaryFolder) {
    let folder = TemporaryFolder()
    let own = CertificateFolder.shared
    let keys = try #require(try Repository.blocks("yaml", of: Self.page).first { $0.hasPrefix("keys:") })
    try folder.write("api-keys.yaml", keys)
    for (name, file) in [("tls.crt", "localhost.pem"), ("tls.key", "localhost.key"), ("clients-ca.pem", "ca.pem")] {
      try folder.write(name, String(contentsOfFile: own.file(file), encoding: .utf8))
    }
    let table = text.replacing("/etc/voxgate/", with: folder.file("")).replacing(":8080\"", with: ":0\"").replacing(":8443\"", with: ":0\"")
    let environment = ["JWT_SECRET": Self.secret, "DEEPGRAM_API_KEY": "k", "CLIENT_SECRET": "c"]
    return (try GatewayProcess(table, environment: environment, arguments: ["--simulate", "all"]), folder)
  }

  @Test(arguments: ["jwt", "api_key", "session_token", "forward", "introspection"])
  func starts(method: String) throws {
    for text in try Repository.blocks("yaml", of: Self.page) where text.hasPrefix("version:") && text.contains("type: \(method)") {
      let (gateway, _) = try start(text)
      #expect(try AdmissionClient(gateway, UpgradeRequest("/listen")).status == 401)
    }
  }

  @Test func theCertificate() throws {
    let (gateway, _) = try start(try Self.table("mtls"))
    let own = CertificateFolder.shared
    let certificate = ["--cert", own.file("alice.pem"), "--key", own.file("alice.key")]
    let page = try ChildProcess.run(
      ["curl", "-sS", "--cacert", own.file("ca.pem")] + certificate + ["https://localhost:\(gateway.port)/health"])
    #expect(page == #"{"status":"ok"}"#)
  }

  /// The key of the page, its hash by the command and by the page's own file.
  @Test func theKey() throws {
    let line = try #require(try Repository.blocks("sh", of: Self.page).first { $0.hasPrefix("echo ") })
    let key = String(line.split(separator: " ")[1])
    let child = try ChildProcess([Repository.voxgate, "token", "hash"])
    try child.write(key + "\n")
    #expect(try child.finish() == 0)
    #expect(child.text == SHA256.hex(Array(key.utf8)) + "\n")
    let (gateway, _) = try start(try Self.table("api_key"))
    #expect(try AdmissionClient(gateway, UpgradeRequest("/listen", [("Authorization", "Bearer \(key)")])).status == 101)
    #expect(try gateway.logLine(with: "WS_AUTH_SUCCESS").contains(#""userId":"kiosk-berlin""#))
  }

  /// From the command's token to the gateway's own, and from that to a session.
  @Test func theTokenOfAPage() throws {
    let (gateway, folder) = try start(try Self.table("session_token"))
    try folder.write(".env", "JWT_SECRET=\(Self.secret)\n")
    let minted = try ChildProcess.run([Repository.voxgate, "token", "--config", folder.file("upstreams.yaml")]).split(separator: "\n")[0]
    let page = ("Origin", "https://app.example.com")
    let answer = try gateway.get("/api/token", method: "POST", [("Authorization", "Bearer \(minted)"), page])
    #expect(answer.status == 200)
    let token = try #require(try JSONValue.parse(answer.body)["token"]?.stringValue)
    #expect(try AdmissionClient(gateway, UpgradeRequest("/listen?token=\(token)", [page])).status == 101)
  }
}
