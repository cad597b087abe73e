import Configuration
import JSON
import Synchronization
import Tokens

/// Asks an OAuth 2.0 authorization server about a token (RFC 7662), and believes the answer for a while.
public final class IntrospectionGuard: CallerGuard {
  public let method = "introspection"
  /// Longer ones are refused unasked.
  private static let maximumBytes = 8192

  private let url: String
  private let authorization: String
  private let timeout: Duration
  private let lifetime: Duration
  private let answers: Mutex<ExpiringTable<Fingerprint, Identification>>

  /// - Parameters:
  ///   - url: the introspection endpoint.
  ///   - clientID: the gateway's own name there, with its secret.
  ///   - timeout: for one request.
  ///   - lifetime: how long an answer is believed; zero asks every time.
  ///   - capacity: most answers remembered.
  public init(
    url: String, clientID: String, clientSecret: String, timeout: Duration = .seconds(3), lifetime: Duration = .seconds(10),
    capacity: Int = 16_384
  ) {
    self.url = url
    // RFC 6749 section 2.3.1: both are encoded as in a form before they are joined.
    authorization = "Basic " + Base64.encode(Array("\(FormText.encode(clientID)):\(FormText.encode(clientSecret))".utf8))
    self.timeout = timeout
    self.lifetime = lifetime
    answers = Mutex(ExpiringTable(capacity: capacity))
  }

  public func identify(_ evidence: Evidence, now: Moment) -> Identification {
    do throws(CredentialError) {
      guard let credential = try evidence.credential(from: nil) else { return .absent }
      // RFC 6749 appendix A.12: visible characters and blanks, of which no token has any.
      guard credential.utf8.count <= Self.maximumBytes, credential.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw CredentialError("malformed")
      }
      let fingerprint = Fingerprint(of: credential)
      if let answer = answers.withLock({ $0.value(fingerprint, now: now.monotonic) }) { return Self.current(answer, now) }
      return .ask(
        Inquiry(
          .init(owner: ObjectIdentifier(self), subject: .credential(fingerprint)), method: "POST", url: url,
          headers: [
            .init("Authorization", authorization), .init("Content-Type", "application/x-www-form-urlencoded"),
            .init("Accept", "application/json"),
          ],
          body: Array("token=\(FormText.encode(credential))&token_type_hint=access_token".utf8), timeout: timeout))
    } catch {
      return .refused(error)
    }
  }

  public func receive(_ answer: InquiryAnswer, to inquiry: Inquiry, for evidence: Evidence, now: Moment) -> Identification {
    guard case .credential(let fingerprint) = inquiry.flight.subject else { return .refused(CredentialError("unasked")) }
    let identification = Self.identification(answer, method: method)
    if case .unavailable = identification { return identification }
    if lifetime > .zero {
      let until = now.monotonic.advanced(by: lifetime)
      answers.withLock { $0.store(identification, for: fingerprint, until: until, now: now.monotonic) }
    }
    return Self.current(identification, now)
  }

  /// An answer may outlive the token that it is about.
  private static func current(_ answer: Identification, _ now: Moment) -> Identification {
    if case .caller(let caller) = answer, let end = caller.expiresAt, now.unixSeconds >= end { return .refused(CredentialError("expired")) }
    return answer
  }

  /// RFC 7662 section 2.2. Whatever is not plainly a yes is a no, or no answer at all.
  private static func identification(_ answer: InquiryAnswer, method: String) -> Identification {
    guard case .response(let status, _, let body) = answer else { return .unavailable(CredentialError("introspection_unreachable")) }
    // Section 2.3: this is about the gateway's own credentials, not about the token.
    if status == 400 || status == 401 || status == 403 { return .unavailable(CredentialError("introspection_refused")) }
    guard status == 200 else { return .unavailable(CredentialError("introspection_failed")) }
    let malformed = Identification.unavailable(CredentialError("introspection_malformed"))
    guard let value = try? JSONValue.parse(body, maxDepth: 16), let active = value["active"]?.boolValue else { return malformed }
    guard active else { return .refused(CredentialError("inactive")) }
    var expiresAt: Int64?
    if let member = value["exp"] {
      guard let seconds = member.intValue else { return malformed }
      expiresAt = seconds
    }
    let subject = ["sub", "username", "client_id"].lazy.compactMap { value[$0]?.stringValue }.first { !$0.isEmpty }
    return .caller(Caller(subject: subject ?? JWTGuard.unknownSubject, method: method, expiresAt: expiresAt))
  }
}

extension IntrospectionGuard: CustomReflectable {
  public var customMirror: Mirror { Mirror(self, children: ["url": url]) }
}
