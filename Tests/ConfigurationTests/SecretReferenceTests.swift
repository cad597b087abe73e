import Configuration
import Glibc
import Testing

@Suite struct SecretReferenceTests {
  private static let canary = "canary-9f8e7d6c5b4a39281706"

  @Test func environment() throws {
    let reference = SecretReference.environment("KEY")
    #expect(try reference.resolve(environment: ["KEY": "  value\n"]).reveal() == "value")
    #expect(throws: SecretError.unset(name: "KEY")) { try reference.resolve(environment: [:]) }
    #expect(throws: SecretError.empty(source: "{env: KEY}")) { try reference.resolve(environment: ["KEY": " "]) }
  }

  @Test func file() throws {
    let secret = try Fixture.withFile("value\n") { try SecretReference.file($0).resolve(environment: [:]) }
    #expect(secret.reveal() == "value")
    #expect(throws: SecretError.unreadable(path: "/nowhere/key", reason: "no such file")) {
      try SecretReference.file("/nowhere/key").resolve(environment: [:])
    }
    #expect(throws: SecretError.unreadable(path: "/tmp", reason: "it is a directory")) {
      try SecretReference.file("/tmp").resolve(environment: [:])
    }
  }

  @Test func command() throws {
    #expect(try SecretReference.command(["/bin/echo", "a b", "$HOME"]).resolve(environment: [:]).reveal() == "a b $HOME")
    #expect(try SecretReference.command(["/bin/sh", "-c", "echo $FROM"]).resolve(environment: ["FROM": "parent"]).reveal() == "parent")
    #expect(throws: SecretError.command(program: "/bin/false", reason: "failed with exit code 1")) {
      try SecretReference.command(["/bin/false"]).resolve(environment: [:])
    }
    #expect(throws: SecretError.command(program: "/bin/sh", reason: "was ended by signal 9")) {
      try SecretReference.command(["/bin/sh", "-c", "kill -9 $$"]).resolve(environment: [:])
    }
    #expect(throws: SecretError.command(program: "/nowhere/program", reason: "could not start: no such file")) {
      try SecretReference.command(["/nowhere/program"]).resolve(environment: [:])
    }
    #expect(throws: SecretError.command(program: "/usr/bin/yes", reason: "took longer than 10s or printed more than 64KiB")) {
      try SecretReference.command(["/usr/bin/yes"]).resolve(environment: [:])
    }
    #expect(try SecretReference.command(["/bin/sh", "-c", "echo a; exec >&-; sleep 0.02"]).resolve(environment: [:]).reveal() == "a")
    #expect(throws: SecretError.empty(source: "{command: [/bin/true]}")) {
      try SecretReference.command(["/bin/true"]).resolve(environment: [:])
    }
  }

  /// A thread that blocks signals does not hand that on to programs.
  @Test func commandsBeginWithoutBlockedSignals() throws {
    var (all, before) = (sigset_t(), sigset_t())
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    let blocked = try SecretReference.command(["/bin/grep", "SigBlk", "/proc/self/status"]).resolve(environment: [:]).reveal()
    #expect(blocked == "SigBlk:\t0000000000000000")
  }

  @Test func fields() throws {
    let reference = SecretReference.fields(["b": .environment("B"), "a": .command(["/bin/echo", "say \"hi\""])])
    #expect(try reference.resolve(environment: ["B": "two"]).reveal() == #"{"a":"say \"hi\"","b":"two"}"#)
    #expect(throws: SecretError.unset(name: "B")) { try reference.resolve(environment: [:]) }
    #expect("\(reference)" == "{fields: {a: {command: [/bin/echo, ...]}, b: {env: B}}}")
    #expect(
      Fixture.load(Fixture.table(upstream: "{vendor: deepgram.listen, credential: {fields: {a: {env: A}, b: {file: /run/secrets/b}}}}"))
        .configuration?.upstreams.values.first?.credential == .fields(["a": .environment("A"), "b": .file("/run/secrets/b")]))
  }

  @Test(arguments: [
    ("{fields: \(canary)}", "fields"), ("{fields: {a: \(canary)}}", "'a' in fields of "), ("{fields: {}}", "fields"),
    ("{fields: {a: {fields: {b: {env: B}}}}}", "must be one reference"), ("{fields: {a: {env: \(canary)}}}", "environment variable"),
  ])
  func fieldsAreReferences(credential: String, said: String) {
    let loading = Fixture.load(Fixture.table(upstream: "{vendor: deepgram.listen, credential: \(credential)}"))
    #expect(loading.configuration == nil)
    #expect(loading.diagnostics.contains { $0.message.contains(said) }, "\(loading.diagnostics.map(\.message))")
    #expect(!loading.rendered.contains("canary"), "\(loading.rendered)")
  }

  @Test func notYet() {
    #expect(throws: SecretError.notYet(source: "vault")) { try SecretReference.vault("a#b").resolve(environment: [:]) }
    #expect(throws: SecretError.notYet(source: "aws_secret")) { try SecretReference.awsSecret("a").resolve(environment: [:]) }
  }

  @Test func aSecretShowsNothing() {
    let secret = Secret(Self.canary)
    var dumped = ""
    dump(secret, to: &dumped)
    for text in [
      "\(secret)", secret.debugDescription, String(describing: secret), String(reflecting: secret), "\([secret])",
      "\(Optional(secret) as Any)", dumped,
    ] {
      #expect(!text.contains("canary"), "\(text)")
    }
    #expect(secret.reveal() == Self.canary)
    #expect(secret.byteCount == 27)
    #expect(secret == Secret(Self.canary))
    #expect(secret != Secret(Self.canary + "x"))
    #expect(secret != Secret("d" + Self.canary.dropFirst()))
  }

  /// What stands where a reference belongs may be the secret: refused, and shown nowhere, not even in the excerpt of another error on
  /// its line.
  @Test(arguments: [
    (
      "credential: \(canary)",
      "'credential' in upstream 'a' must not be written here; give a reference: {env: NAME}, {file: PATH} or {command: [...]}"
    ),
    ("credential: {value: \(canary)}", "'credential' in upstream 'a' must be one reference: {env: NAME}, {file: PATH} or {command: [...]}"),
    ("credential: {env: \(canary)}", "env of 'credential' in upstream 'a' must be the name of an environment variable"),
    ("credential: {env: canary9f8e7d6c5b4a39281706}", "env of 'credential' in upstream 'a' must be the name of an environment variable"),
    (
      "credential: [\(canary)]",
      "'credential' in upstream 'a' must not be written here; give a reference: {env: NAME}, {file: PATH} or {command: [...]}"
    ),
    (
      "credentials: [\(canary)]",
      "credential 1 of upstream 'a' must not be written here; give a reference: {env: NAME}, {file: PATH} or {command: [...]}"
    ),
    ("api_key: \(canary)", "unknown key 'api_key' in upstream 'a'"),
    ("credentail: {env: A}, apikey: \"\(canary)\"", "unknown key 'apikey' in upstream 'a'"),
    (
      "headers: {Authorization: Token \(canary)}",
      "header 'Authorization' of upstream 'a' must not be written here; give a reference: {env: NAME}, {file: PATH} or {command: [...]}"
    ),
    (
      "query: {forced: {api_key: \(canary)}}",
      "parameter 'api_key' of query of upstream 'a' must not be written here; a secret goes into 'credential'"
    ),
    (
      "variables: {app_secret: \(canary)}",
      "variable 'app_secret' of upstream 'a' must not be written here; give a reference: {env: NAME}, {file: PATH} or {command: [...]}"
    ),
    ("url: \"wss://user:\(canary)@example.com/\"", "'url' in upstream 'a' must not hold a user name or password; use 'credential'"),
    (
      "url: \"wss://example.com/?api_key=\(canary)\"",
      "'url' in upstream 'a' must not hold a secret in query parameter 'api_key'; use 'credential'"
    ),
  ])
  func literalSecretsAreRefusedUnseen(entry: String, message: String) {
    let vendor = entry.hasPrefix("url") ? "" : "vendor: deepgram.listen, "
    let loading = Fixture.load(
      Fixture.table(upstream: "{\(vendor)\(entry), vendr: x}")
    )
    #expect(loading.configuration == nil)
    #expect(loading.diagnostics.contains { $0.message == message }, "\(loading.diagnostics.map(\.message))")
    #expect(!loading.rendered.contains("canary"), "\(loading.rendered)")
    #expect(loading.rendered.contains("unknown key 'vendr'"))
    #expect(!loading.diagnostics.contains { $0.json.text().contains("canary") })
  }

  /// Where the YAML itself is broken nothing is known of what is a secret.
  @Test(arguments: ["secret: \"\(canary)", "secret: {\(canary)", "token: \(canary) {\n\tx", "- \(canary): [\n"])
  func brokenTextsShowNoSecret(text: String) {
    let loading = Fixture.load(text)
    #expect(loading.configuration == nil)
    #expect(!loading.diagnostics.isEmpty)
    #expect(!loading.rendered.contains("canary"), "\(loading.rendered)")
  }

  @Test func aVariableInTheShellsManner() {
    let text =
      Fixture.table(upstream: "{vendor: deepgram.listen, credential: \"${DEEPGRAM_API_KEY}\"}")
    #expect(Fixture.errors(text).first?.hasSuffix("; did you mean '{env: DEEPGRAM_API_KEY}'?") == true)
  }

  @Test func modeOfASecretFile() {
    func warnings(_ path: String) -> [String] {
      let text =
        Fixture.table(upstream: "{vendor: deepgram.listen, credential: {file: \(path)}}")
      return Fixture.load(text).diagnostics.map(\.message).filter { $0.hasPrefix("secret file") }
    }
    Fixture.withFile("key", mode: 0o644) { path in
      #expect(warnings(path) == ["secret file '\(path)' can be read by others (mode 0644); make it 0600"])
    }
    Fixture.withFile("key", mode: 0o600) { #expect(warnings($0) == []) }
    Fixture.withFile("key", mode: 0o400) { #expect(warnings($0) == []) }
    #expect(warnings("/run/secrets/key") == [] && warnings("/run/credentials/voxgate.service/key") == [])
  }
}
