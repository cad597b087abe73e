import Configuration
import Tokens

/// Why a method of the route table cannot be put to use, in words that name no secret.
public struct GuardFailure: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Makes the guards that the route table describes: fetches secrets and reads key files, so it blocks.
public struct GuardBuilder: Sendable {
  private let environment: [String: String]
  private let sessionTokens: SessionTokenStore
  private let issuers: Issuers

  /// - Parameters:
  ///   - environment: for secrets.
  ///   - sessionTokens: outlives the route table, so that a reload does not make tokens worthless.
  ///   - issuers: outlives it as well.
  public init(environment: [String: String], sessionTokens: SessionTokenStore, issuers: Issuers) {
    self.environment = environment
    self.sessionTokens = sessionTokens
    self.issuers = issuers
  }

  /// - Parameter name: of the method in the route table.
  public func make(_ name: String, _ method: AuthenticationMethod) throws(GuardFailure) -> any CallerGuard {
    switch method {
    case .jwt(let method): return try jwt(method)
    case .apiKey(let method): return try apiKey(method)
    case .sessionToken(let method): return sessionToken(name, method)
    case .forward(let method):
      return ForwardGuard(
        url: method.url, headers: method.headers, subjectHeader: method.subjectHeader, tierHeader: method.tierHeader,
        timeout: method.timeout, lifetime: method.cache)
    case .introspection(let method):
      return IntrospectionGuard(
        url: method.url, clientID: method.clientID, clientSecret: try secret(method.clientSecret), timeout: method.timeout,
        lifetime: method.cache)
    case .mutualTLS(let method): return MTLSGuard(name: method.subject, allowed: method.allow)
    }
  }

  public func jwt(_ method: JWTMethod) throws(GuardFailure) -> JWTGuard {
    var keys: VerificationKeys?
    var published: PublishedKeys?
    if let reference = method.secret {
      keys = .secret(Array(try secret(reference).utf8))
    } else if let path = method.publicKey {
      let text = try file(path)
      do throws(KeyError) { keys = .publicKey(try PublicKey(pem: text)) } catch { throw GuardFailure("'\(path)': \(error)") }
    } else if let path = method.jwksFile {
      let text = try file(path)
      do throws(KeyError) { keys = .set(try JSONWebKeySet(parsing: text)) } catch { throw GuardFailure("'\(path)': \(error)") }
    } else if let url = method.jwksURL {
      published = issuers.keys(.keys(url: url))
    } else if let issuer = method.oidcIssuer {
      published = issuers.keys(.issuer(issuer))
    } else {
      throw GuardFailure("there is no key to check tokens with")
    }
    let verifier = JSONWebToken.Verifier(
      algorithms: method.algorithms.compactMap { SigningAlgorithm(rawValue: $0.rawValue) }, keys: keys,
      // OpenID Connect Core 1.0 section 3.1.3.7: the issuer whose keys these are is the one that must have signed.
      issuer: method.issuer ?? method.oidcIssuer, audience: method.audience, leeway: method.leeway.components.seconds,
      requiredClaims: method.requiredClaims)
    return JWTGuard(
      verifier, keys: published, tierClaim: method.tierClaim, routesClaim: method.routesClaim, places: Set(method.from))
  }

  public func apiKey(_ method: APIKeyMethod) throws(GuardFailure) -> APIKeyGuard {
    let loading = APIKeySet.load(try file(method.file), file: method.file)
    guard let keys = loading.keys else { throw GuardFailure(loading.rendered) }
    return APIKeyGuard(keys, places: Set(method.from))
  }

  public func sessionToken(_ name: String, _ method: SessionTokenMethod) -> SessionTokenGuard {
    var terms = SessionTokenStore.Terms(issuer: name)
    terms.lifetime = method.lifetime
    terms.isSingleUse = method.reuse == .never
    terms.bind = Set(method.bind)
    return SessionTokenGuard(terms, store: sessionTokens)
  }

  private func secret(_ reference: SecretReference) throws(GuardFailure) -> String {
    do throws(SecretError) { return try reference.resolve(environment: environment).reveal() } catch { throw GuardFailure("\(error)") }
  }

  private func file(_ path: String) throws(GuardFailure) -> [UInt8] {
    do throws(FileError) { return try SmallFile.read(path) } catch { throw GuardFailure("\(error)") }
  }
}
