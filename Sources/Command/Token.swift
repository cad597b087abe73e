import ArgumentParser
import Configuration
import Gateway
import JSON
import Telemetry
import Tokens

struct Token: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Mints a development JWT, a session token, or the hash of an API key.",
    discussion: """
      Without a subcommand it is 'jwt': a token for a route whose authentication is of type jwt. 'session' fetches a token from a running \
      gateway that has a session_token method. 'hash' makes the line of an api_key file's key from the key itself.
      """,
    subcommands: [JWT.self, Session.self, Hash.self], defaultSubcommand: JWT.self)

  struct JWT: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "jwt", abstract: "Prints an HS256 token for a route that asks for a JWT.")

    @Option(help: "Environment variable that holds the shared secret.") var secretEnv = "JWT_SECRET"
    @Option(name: .customLong("config"), help: "The route table whose .env is read as well.") var file = "upstreams.yaml"
    @Option(help: "The subject: who is calling.") var sub = "developer"
    @Option(help: "Seconds until it expires.") var expires: Int64 = 3_600
    @Option(help: "The issuer, where the route demands one.") var iss: String?
    @Option(help: "The audience, where the route demands one.") var aud: String?
    @Option(name: .customLong("claim"), help: "NAME=VALUE: a further claim, such as tier=gold. May be repeated.") var claims: [String] = []

    func run() throws {
      let environment = RouteTable.environment(beside: file)
      guard let secret = environment[secretEnv], !secret.isEmpty else {
        throw ValidationError("\(secretEnv) is not set; expected the shared secret of the route's `jwt` method in it")
      }
      let now = Timestamp.now().milliseconds / 1_000
      var payload: JSONObject = ["sub": .string(sub), "iat": .int(now), "exp": .int(now + expires)]
      if let iss { payload["iss"] = .string(iss) }
      if let aud { payload["aud"] = .string(aud) }
      for claim in claims {
        guard let equals = claim.firstIndex(of: "="), equals > claim.startIndex else {
          throw ValidationError("'--claim' is '\(claim)'; expected NAME=VALUE, such as tier=gold")
        }
        // What is JSON is taken as such: a list of routes, a number.
        let value = String(claim[claim.index(after: equals)...])
        payload[String(claim[..<equals])] = (try? JSONValue.parse(value)) ?? .string(value)
      }
      Console.out(JSONWebToken.sign(.object(payload), secret: Array(secret.utf8)))
    }
  }

  struct Session: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "session", abstract: "Fetches a session token from a running gateway and prints it.",
      discussion: "Exits with 69 when there is none to be had.")

    @Argument(help: "Address of the session_token method's path, such as http://localhost:8080/api/token.") var url: String
    @Option(help: "Credential for the method's own authentication, sent as 'Authorization: Bearer'.") var token: String?

    func run() async throws {
      do throws(SessionTokenRequest.Failure) {
        let issued = try await SessionTokenRequest.fetch(url, credential: token)
        Console.problem("good until \(issued.expiresAt)")
        Console.out(issued.token)
      } catch {
        Console.problem("error: \(error)")
        throw ExitCode.unavailable
      }
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
