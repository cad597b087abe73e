import Glibc
import TestSupport
import Testing

/// What `voxgate check` says of upstreams' credentials: half a one is a mistake wherever it is, and a whole one that is missing is what
/// simulators are for.
@Suite struct RehearsedCredentialsTests {
  private struct Row {
    let name: String
    let upstream: String
    var environment: [String: String] = [:]
    /// What is said in development, in order; in production simulators stand in for nobody.
    var said: [String] = []
    var inProduction: [String]?
  }

  private static func aws(_ credential: String) -> String { "vendor: aws.transcribe, region: eu-west-1, \(credential)" }

  private static func fields(_ id: String, _ key: String) -> String { "{fields: {access_key_id: {\(id)}, secret_access_key: {\(key)}}}" }

  private static let vendors = """
    vendors:
      own:
        kind: speech_to_text
        source: https://own.test
        endpoint: {url: "wss://own.test/"}
        credential: {placement: [{header: {name: K}}]}
        codec: {client: json_text, server: json_text}
        discriminator: [{path: type}]

    """

  private static func rows(_ folder: TemporaryFolder) -> [Row] {
    let missing = "error: upstream 'a': the upstream's credential has no field 'secret_access_key'; expected 'fields' with access_key_id"
    let unset = "environment variable 'KEY' is not set"
    let key = "warning: upstream 'a': field 'secret_access_key': \(unset): ", whole = "warning: upstream 'a': \(unset): "
    let stands = "its simulator will stand in", refused = "every session will be refused", others = "the others will be used"
    let gone = "warning: upstream 'a': secret file '\(folder.file("gone"))' cannot be read: no such file: "
    let both = ["ID": "i", "KEY": "k"]
    return [
      Row(
        name: "a field that is not named", upstream: aws("credential: {fields: {access_key_id: {env: ID}}}"), environment: ["ID": "i"],
        said: [missing]),
      Row(
        name: "of an object", upstream: aws("credential: {env: PAIR}"), environment: ["PAIR": #"{"AccessKeyId":"i"}"#], said: [missing]),
      Row(
        name: "of no object", upstream: aws("credential: {env: PAIR}"), environment: ["PAIR": "i"],
        said: ["error: upstream 'a': the upstream's credential has no field 'access_key_id'"]),
      Row(
        name: "other names for the same",
        upstream: aws(#"credential: {fields: {AccessKeyId: {env: ID}, "secret-access-key": {env: KEY}}}"#), environment: both),
      Row(
        name: "half of it is set", upstream: aws("credential: " + fields("env: ID", "env: KEY")), environment: ["ID": "i"],
        said: [key + stands], inProduction: [key + refused]),
      Row(
        name: "half of it is a file", upstream: aws("credential: " + fields("file: id", "env: KEY")), said: [key + stands],
        inProduction: [key + refused]),
      Row(
        name: "nothing is set", upstream: aws("credential: " + fields("env: ID", "env: KEY")),
        inProduction: ["warning: upstream 'a': field 'access_key_id': environment variable 'ID' is not set: " + refused, key + refused]),
      Row(name: "everything is set", upstream: aws("credential: " + fields("env: ID", "env: KEY")), environment: both),
      Row(
        name: "a program", upstream: aws("credential: " + fields("env: ID", "command: [no-such-program]")), environment: ["ID": "i"]),
      Row(
        name: "no file", upstream: aws("credential: {file: gone}"), said: [gone + stands], inProduction: [gone + refused]),
      Row(
        name: "one of a pool", upstream: aws("credentials: [\(fields("env: ID", "file: id")), {secret: {env: KEY}}]"),
        environment: ["ID": "i"], said: [whole + others]),
      Row(name: "a vendor without a simulator", upstream: "vendor: own, credential: {env: KEY}", said: [whole + refused]),
      Row(name: "no vendor", upstream: "url: \"wss://own.test/\""),
    ]
  }

  @Test(arguments: ["development", "production"])
  func everyForm(environment: String) throws {
    let folder = TemporaryFolder()
    _ = unsafe chmod(try folder.write("id", "an-id\n"), 0o600)
    for row in Self.rows(folder) {
      let table =
        AdmissionTable.head + Self.vendors + """
          environment: \(environment)
          trusted_proxies: [127.0.0.0/8]
          authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
          routes: {/a: {upstream: a, authentication: [app]}}
          upstreams: {a: {\(row.upstream)}}

          """
      let variables = row.environment.merging(["JWT_SECRET": RefusalTests.secret]) { $1 }
      let run = try CommandRun(["check", folder.write("upstreams.yaml", table)], environment: variables)
      let expected = environment == "production" ? row.inProduction ?? row.said : row.said
      let said = run.lines.filter { $0.contains(": upstream 'a': ") }
      #expect(said.count == expected.count, "\(row.name): \(run.text)")
      for (line, words) in zip(said, expected) {
        #expect(line.contains(": \(words)") && line.contains("upstreams.yaml:16:"), "\(row.name): \(line)")
      }
      #expect(run.status == (expected.contains { $0.hasPrefix("error") } ? 78 : 0), "\(row.name): \(run.text)")
    }
  }

  /// Each field has the place that it has in the file.
  @Test func places() throws {
    let folder = TemporaryFolder()
    let table =
      AdmissionTable.head + """
        upstreams:
          a:
            vendor: aws.transcribe
            region: eu-west-1
            credentials:
              - {env: PAIR}
              - secret:
                  fields:
                    access_key_id: {env: ID}
                    secret_access_key: {env: KEY}
        routes: {/a: {upstream: a, authentication: none}}

        """
    let run = try CommandRun(["check", folder.write("upstreams.yaml", table)], environment: ["ID": "i"])
    #expect(run.status == 0)
    for (line, text) in [(9, "environment variable 'PAIR'"), (13, "field 'secret_access_key': environment variable 'KEY'")] {
      #expect(run.lines.contains { $0.contains("upstreams.yaml:\(line):") && $0.contains(text) }, "\(line): \(run.text)")
    }
  }
}
