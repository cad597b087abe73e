import Glibc
import TestSupport
import Testing

/// `voxgate check` finds what `serve` would stumble over, and where in the file it comes from; it asks nobody.
@Suite struct RehearsalTests {
  private struct Row {
    let name: String
    /// Of the table.
    let line: String
    /// What is said of it, and at which place of that line the caret stands.
    let message: String
    let at: String
    var severity = "error"
  }

  private static let own = CertificateFolder.shared

  private func check(
    _ row: Row, _ folder: TemporaryFolder, environment: [String: String] = [:], expecting isTold: Bool = true
  ) throws -> (status: Int32, text: String) {
    let keys = ["listeners", "upstreams", "routes", "admin"].filter { row.line.hasPrefix($0 + ":") }
    var lines = ["version: 1"]
    if !keys.contains("listeners") { lines.append(#"listeners: [{address: "127.0.0.1:0"}]"#) }
    if !keys.contains("upstreams") { lines.append(#"upstreams: {echo: {url: "ws://127.0.0.1:9/"}}"#) }
    if !keys.contains("routes") { lines.append("routes: {/echo: {upstream: echo, authentication: none}}") }
    lines.append(row.line)
    let file = try folder.write("upstreams.yaml", lines.joined(separator: "\n") + "\n")
    let run = try CommandRun(["check", file], environment: environment)
    #expect(run.text.contains("\(file):\(lines.count):") == isTold, "\(row.name): \(run.text)")
    return (run.status, run.text)
  }

  @Test func everythingThatIsNamedIsTried() throws {
    let folder = TemporaryFolder()
    for name in ["garbage.pem", "garbage.json", "garbage.yaml"] { try folder.write(name, "garbage: [\n") }
    try folder.write("empty.json", #"{"keys": []}"#)
    let certificate = Self.own.file("localhost.pem"), key = Self.own.file("localhost.key"), second = Self.own.file("second.key")
    let rows = [
      Row(
        name: "a certificate that is none", line: "listeners: [{address: \"127.0.0.1:0\", tls: {certificate: garbage.pem, key: \(key)}}]",
        message: "listener 1: ", at: "garbage.pem"),
      Row(
        name: "another's key", line: "listeners: [{address: \"127.0.0.1:0\", tls: {certificate: \(certificate), key: \(second)}}]",
        message: "listener 1: ", at: second),
      Row(
        name: "an encrypted key",
        line: "listeners: [{address: \"127.0.0.1:0\", tls: {certificate: \(certificate), key: \(Self.own.file("encrypted.key"))}}]",
        message: "listener 1: ", at: Self.own.file("encrypted.key")),
      Row(
        name: "no authority",
        line: "listeners: [{address: \"127.0.0.1:0\", tls: {certificate: \(certificate), key: \(key), client_ca: garbage.pem}}]",
        message: "listener 1: ", at: "garbage.pem"),
      Row(
        name: "a public key that is none", line: "authentication: {app: {type: jwt, algorithms: [EdDSA], public_key: garbage.pem}}",
        message: "authentication 'app': ", at: "garbage.pem"),
      Row(
        name: "a key set that is none", line: "authentication: {app: {type: jwt, algorithms: [EdDSA], jwks_file: garbage.json}}",
        message: "authentication 'app': ", at: "garbage.json"),
      Row(
        name: "a file of API keys that is none", line: "authentication: {app: {type: api_key, file: garbage.yaml}}",
        message: "authentication 'app': ", at: "garbage.yaml"),
      Row(
        name: "an authority of an upstream", line: "upstreams: {echo: {url: \"wss://127.0.0.1:9/\", tls: {ca: garbage.pem}}}",
        message: "upstream 'echo': ", at: "garbage.pem"),
      Row(
        name: "a place without a value", line: "upstreams: {echo: {vendor: azure.realtime, credential: {env: K}}}",
        message: "upstream 'echo': '{resource}'", at: "echo"),
      Row(
        name: "no such region", line: "upstreams: {echo: {vendor: deepgram.listen, region: moon, credential: {env: K}}}",
        message: "upstream 'echo': url 'region moon' cannot be used; expected one of ", at: "echo"),
    ]
    for row in rows {
      let (status, text) = try check(row, folder)
      #expect(status == 78, "\(row.name): \(text)")
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
      guard let index = lines.firstIndex(where: { $0.contains("error: \(row.message)") }), lines.count > index + 2 else {
        Issue.record("\(row.name): no '\(row.message)' in \(text)")
        continue
      }
      let caret = lines[index + 2].prefix { $0 == " " }.count
      #expect(lines[index + 1].dropFirst(caret).hasPrefix(row.at), "\(row.name): \(text)")
    }
  }

  /// A place in a vendor's path is filled by the upstream, or by clients where the route lets them.
  @Test func somebodyFillsThePath() throws {
    let folder = TemporaryFolder()
    for (path, variables, status) in [("/speak", "", 78), ("/speak/*", "", 0), ("/speak", ", variables: {lang_code: en}", 0)]
      as [(_, _, Int32)]
    {
      let table = """
        version: 1
        listeners: [{address: "127.0.0.1:0"}]
        upstreams: {speak: {vendor: neuphonic.tts, credential: {env: K}\(variables)}}
        routes: {\(path): {upstream: speak, authentication: none}}
        """
      let run = try CommandRun(["check", folder.write("upstreams.yaml", table)])
      let message = ":4:10: error: route '/speak': '{lang_code}' in the url has no value; expected one under 'variables', or a route that "
      #expect(run.status == status && run.text.contains(message) == (status != 0), "\(run.text)")
    }
  }

  /// A secret that is not there is another environment's matter.
  @Test func whatIsNotSetHereIsAWarning() throws {
    let folder = TemporaryFolder()
    let rows = [
      Row(
        name: "client secret",
        line:
          "authentication: {app: {type: introspection, url: \"https://login.example.com/i\", client_id: a, client_secret: {env: NOT_SET}}}",
        message: "authentication 'app': environment variable 'NOT_SET' is not set", at: ""),
      Row(
        name: "token", line: "admin: {address: \"127.0.0.1:0\", token: {env: NOT_SET}}",
        message: "admin: environment variable 'NOT_SET' is not set", at: ""),
      Row(
        name: "header", line: "upstreams: {echo: {url: \"ws://127.0.0.1:9/\", headers: {X-Key: {env: NOT_SET}}}}",
        message: "upstream 'echo': environment variable 'NOT_SET' is not set", at: ""),
      Row(
        name: "jwt", line: "authentication: {app: {type: jwt, secret: {env: NOT_SET}}}",
        message: "authentication 'app' will refuse everybody", at: ""),
    ]
    for row in rows {
      let (status, text) = try check(row, folder)
      #expect(status == 0 && text.contains("warning: \(row.message)"), "\(row.name): \(text)")
      #expect(!text.contains(" 1 error"), "\(row.name): \(text)")
    }
  }

  @Test func certificateDates() throws {
    let folder = TemporaryFolder()
    try ChildProcess.run([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", folder.file("long.key"),
      "-out", folder.file("long.pem"), "-subj", "/CN=localhost", "-days", "90",
    ])
    func listener(_ path: String) -> String {
      "listeners: [{address: \"127.0.0.1:0\", tls: {certificate: \(path).pem, key: \(path).key}}]"
    }
    for (path, message) in [
      (Self.own.file("expired"), "expired on 20"), (Self.own.file("localhost"), "expires on 20"), (folder.file("long"), nil),
    ] as [(String, String?)] {
      let row = Row(name: path, line: listener(path), message: "", at: "")
      let (status, text) = try check(row, folder, expecting: message != nil)
      #expect(status == 0, "\(text)")
      let found = text.split(separator: "\n").first { $0.contains("listener 1: certificate") }
      guard let message else {
        #expect(found == nil, "\(text)")
        continue
      }
      #expect(found?.contains("warning: listener 1: certificate '\(path).pem' \(message)") == true, "\(text)")
    }
  }

  /// No program is run, nobody is dialled, no port is taken.
  @Test func nobodyIsAsked() throws {
    let folder = TemporaryFolder()
    let listener = try RawListener()
    let mark = folder.file("was-run")
    let table = """
      version: 1
      listeners: [{address: "127.0.0.1:\(listener.port)"}]
      authentication:
        own: {type: jwt, secret: {command: [touch, "\(mark)"]}}
        other: {type: jwt, algorithms: [EdDSA], jwks_url: "http://127.0.0.1:\(listener.port)/keys"}
        issuer: {type: jwt, algorithms: [EdDSA], oidc_issuer: "http://127.0.0.1:\(listener.port)/"}
        asked: {type: introspection, url: "http://127.0.0.1:\(listener.port)/", client_id: a, client_secret: {command: [touch, "\(mark)"]}}
      upstreams:
        echo: {url: "ws://127.0.0.1:\(listener.port)/", headers: {X-Key: {command: [touch, "\(mark)"]}}}
        vendor: {vendor: deepgram.listen, credential: {command: [touch, "\(mark)"]}}
      routes:
        /echo: {upstream: echo, authentication: [own, other, issuer, asked]}
        /vendor: {upstream: vendor, authentication: [own]}

      """
    let run = try CommandRun(["check", folder.write("upstreams.yaml", table)])
    #expect(run.status == 0 && run.text.contains(" 0 errors, "), "\(run.text)")
    #expect(unsafe access(mark, F_OK) != 0, "a secret's command was run")
    // The queue of the listener is empty: whoever had come would be accepted at once.
    let probe = try RawConnection(port: listener.port)
    try probe.send("mine\r\n\r\n")
    #expect(try listener.accept().head().line == "mine")
  }

  /// What is wrong in the file itself comes first, and alone.
  @Test func nothingIsTriedWhileTheFileHasMistakes() throws {
    let folder = TemporaryFolder()
    try folder.write("garbage.pem", "garbage\n")
    let table = """
      version: 1
      listeners: [{address: "127.0.0.1:0", tls: {certificate: garbage.pem, key: garbage.pem}}]
      upstreams: {echo: {url: "ws://127.0.0.1:9/"}}
      routes: {/echo: {upstream: ecko, authentication: none}}

      """
    let run = try CommandRun(["check", folder.write("upstreams.yaml", table)])
    #expect(run.status == 78 && run.text.contains(": 1 error, ") && run.text.contains("did you mean 'echo'?"), "\(run.text)")
  }
}
