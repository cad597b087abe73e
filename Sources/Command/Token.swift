import ArgumentParser
import Configuration
import JSON
import Telemetry
import Tokens

struct Token: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Mints a development JWT, or the hash of an API key.", subcommands: [JWT.self, Hash.self], defaultSubcommand: JWT.self)

  struct JWT: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "jwt", abstract: "Prints an HS256 token for a route that asks for a JWT.")

    @Option(help: "Environment variable that holds the shared secret.") var secretEnv = "JWT_SECRET"
    @Option(name: .customLong("config"), help: "The route table whose .env is read as well.") var file = "upstreams.yaml"
    @Option(help: "The subject: who is calling.") var sub = "developer"
    @Option(help: "Seconds until it expires.") var expires: Int64 = 3_600
    @Option(help: "The issuer, where the route demands one.") var iss: String?
    @Option(help: "The audience, where the route demands one.") var aud: String?

    func run() throws {
      let environment = RouteTable.environment(beside: file)
      guard let secret = environment[secretEnv], !secret.isEmpty else {
        throw ValidationError("\(secretEnv) is not set; expected the shared secret of the route's `jwt` method in it")
      }
      let now = Timestamp.now().milliseconds / 1_000
      var claims: JSONObject = ["sub": .string(sub), "iat": .int(now), "exp": .int(now + expires)]
      if let iss { claims["iss"] = .string(iss) }
      if let aud { claims["aud"] = .string(aud) }
      Console.out(JSONWebToken.sign(.object(claims), secret: Array(secret.utf8)))
    }
  }

  struct Hash: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "hash", abstract: "Reads an API key from standard input and prints its SHA-256.")

    func run() throws {
      guard let key = readLine(strippingNewline: true), !key.isEmpty else { throw ValidationError("expected the key on standard input") }
      Console.out(SHA256.hex(Array(key.utf8)))
    }
  }
}
