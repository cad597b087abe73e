import Configuration
import Logging
import NIOPosix
import TLS
import Vendors

/// Builds what `serve` builds, as far as nobody has to be asked: no network, no port, no program. What a run would fetch is stood in for.
public struct Rehearsal {
  /// One thing that a run would stumble over, and where in the file it comes from.
  public struct Finding: Sendable, Equatable {
    /// Keys and positions in lists that lead to the place.
    public let path: [String]
    /// Whether it is so for certain, and not only in this environment.
    public let isError: Bool
    public let text: String
  }

  private static let standIn = SecretReference.environment("VOXGATE REHEARSAL")

  private var configuration: GatewayConfiguration
  private let catalogue: Catalogue
  private let environment: [String: String]
  private var findings: [Finding] = []

  /// - Parameters:
  ///   - configuration: that has passed its own checks.
  ///   - environment: where secrets are looked up.
  public static func findings(
    _ configuration: GatewayConfiguration, catalogue: Catalogue, environment: [String: String]
  ) -> [Finding] {
    var rehearsal = Rehearsal(configuration: configuration, catalogue: catalogue, environment: environment)
    rehearsal.replaceSecrets()
    rehearsal.listeners()
    rehearsal.snapshot()
    return rehearsal.findings
  }

  // MARK: Secrets

  private mutating func replaceSecrets() {
    for (name, upstream) in configuration.upstreams {
      var upstream = upstream
      findings += RehearsedCredentials(
        name: name, upstream: upstream, descriptor: upstream.vendor.flatMap { catalogue[$0] }, place: configuration.environment,
        environment: environment
      ).findings()
      // Without one the route is served by a simulator, or refuses: `serve` starts either way.
      upstream.credentials = []
      let path = ["upstreams", name], owner = "upstream '\(name)'"
      for (key, value) in upstream.variables { upstream.variables[key] = available(value, owner, path + ["variables", key]) }
      for (key, value) in upstream.headers { upstream.headers[key] = available(value, owner, path + ["headers", key]) }
      for index in upstream.endpoints.indices {
        for (key, value) in upstream.endpoints[index].variables {
          upstream.endpoints[index].variables[key] = available(value, owner, path + ["endpoints", "\(index)", "variables", key])
        }
      }
      configuration.upstreams[name] = upstream
    }
    for (name, method) in configuration.authentication {
      let path = ["authentication", name], owner = "authentication '\(name)'"
      switch method {
      case .jwt(var method):
        // Whether it is set has been looked at.
        guard let secret = method.secret, !isAvailable(secret) else { continue }
        method.secret = Self.standIn
        configuration.authentication[name] = .jwt(method)
      case .introspection(var method):
        method.clientSecret = available(method.clientSecret, owner, path + ["client_secret"])
        configuration.authentication[name] = .introspection(method)
      case .apiKey, .sessionToken, .forward, .mutualTLS: continue
      }
    }
    if let token = configuration.admin?.token {
      let available = available(token, "admin", ["admin", "token"])
      configuration.admin?.token = available
    }
  }

  private mutating func available(_ text: ConfiguredText, _ owner: String, _ path: [String]) -> ConfiguredText {
    if case .secret(let reference) = text { .secret(available(reference, owner, path)) } else { text }
  }

  /// The reference itself, or one that stands in for it: with a warning where it ought to be there.
  private mutating func available(_ reference: SecretReference, _ owner: String, _ path: [String]) -> SecretReference {
    switch reference {
    case .command, .vault, .awsSecret: return Self.standIn
    case .fields(let fields):
      var available: [String: SecretReference] = [:]
      for (name, field) in fields.sorted(by: { $0.key < $1.key }) {
        available[name] = self.available(field, owner, path + ["fields", name])
      }
      return .fields(available)
    case .environment, .file: break
    }
    do throws(SecretError) {
      _ = try reference.resolve(environment: environment)
      return reference
    } catch {
      findings.append(Finding(path: path, isError: false, text: "\(owner): \(error): 'serve' will not start"))
      return Self.standIn
    }
  }

  private func isAvailable(_ reference: SecretReference) -> Bool {
    switch reference {
    case .command, .vault, .awsSecret: false
    case .fields(let fields): fields.values.allSatisfy(isAvailable)
    case .environment, .file: (try? reference.resolve(environment: environment)) != nil
    }
  }

  // MARK: What is built

  private mutating func listeners() {
    for (index, listener) in configuration.listeners.enumerated() {
      guard let tls = listener.tls else { continue }
      do throws(TLSError) {
        guard let warning = try ServerCertificates(ServerSettings(tls)).warning(at: .now()) else { continue }
        findings.append(
          Finding(path: ["listeners", "\(index)", "tls", "certificate"], isError: false, text: "listener \(index + 1): \(warning)"))
      } catch {
        var path = ["listeners", "\(index)", "tls"]
        if case .file(let file, _) = error {
          path += [("certificate", tls.certificate), ("key", tls.key), ("client_ca", tls.clientCA)].filter { $0.1 == file }.prefix(1).map(
            \.0)
        }
        findings.append(Finding(path: path, isError: true, text: "listener \(index + 1): \(error)"))
      }
    }
  }

  private mutating func snapshot() {
    var environment = environment
    if case .environment(let name) = Self.standIn { environment[name] = String(repeating: "x", count: 64) }
    let callers = CallerServices(
      group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "voxgate") { _ in SwiftLogNoOpLogHandler() })
    let builder = SnapshotBuilder(
      configuration: configuration, catalogue: catalogue, environment: environment, simulators: [:], simulate: .none, callers: callers)
    do throws(SnapshotFailure) {
      _ = try builder.build()
    } catch {
      findings += error.problems.map { Finding(path: $0.path, isError: true, text: $0.headline) }
    }
  }
}
