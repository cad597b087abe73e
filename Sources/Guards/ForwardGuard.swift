import Configuration
import Synchronization
import Tokens

/// Asks an HTTP endpoint of the operator's whether a client may pass, and believes the answer for a while: for session cookies and anything
/// else.
public final class ForwardGuard: CallerGuard {
  public let method = "forward"
  private static let authorization = "authorization"
  /// Longest subject and tier that an answer may name.
  private static let maximumName = 256
  /// Longest header field that is passed on.
  private static let maximumField = 16_384

  private let url: String
  private let headers: [String]
  private let subjectHeader: String
  private let tierHeader: String
  private let timeout: Duration
  private let lifetime: Duration
  private let answers: Mutex<ExpiringTable<Fingerprint, Identification>>

  /// - Parameters:
  ///   - url: the endpoint.
  ///   - headers: the client's header fields that it is given. A client that sends none of them is not asked about.
  ///   - subjectHeader: the field of the answer that names the caller.
  ///   - tierHeader: the field that names its tier.
  ///   - timeout: for one request.
  ///   - lifetime: how long an answer is believed; zero asks every time.
  ///   - capacity: most answers remembered.
  public init(
    url: String, headers: [String] = ["authorization", "cookie"], subjectHeader: String = "x-auth-subject",
    tierHeader: String = "x-auth-tier", timeout: Duration = .seconds(3), lifetime: Duration = .seconds(10), capacity: Int = 16_384
  ) {
    self.url = url
    self.headers = headers.map { $0.lowercased() }
    self.subjectHeader = subjectHeader
    self.tierHeader = tierHeader
    self.timeout = timeout
    self.lifetime = lifetime
    answers = Mutex(ExpiringTable(capacity: capacity))
  }

  public func identify(_ evidence: Evidence, now: Moment) -> Identification {
    do throws(CredentialError) {
      let fields = try fields(of: evidence)
      guard !fields.isEmpty else { return .absent }
      let sent =
        fields + [
          .init("X-Forwarded-For", evidence.client.address.description), .init("X-Forwarded-Method", "GET"),
          .init("X-Forwarded-Uri", evidence.route),
        ]
      let fingerprint = Self.fingerprint(sent)
      if let answer = answers.withLock({ $0.value(fingerprint, now: now.monotonic) }) { return answer }
      return .ask(
        Inquiry(.init(owner: ObjectIdentifier(self), subject: .credential(fingerprint)), url: url, headers: sent, timeout: timeout))
    } catch {
      return .refused(error)
    }
  }

  public func receive(_ answer: InquiryAnswer, to inquiry: Inquiry, for evidence: Evidence, now: Moment) -> Identification {
    guard case .credential(let fingerprint) = inquiry.flight.subject else { return .refused(CredentialError("unasked")) }
    let identification = identification(answer)
    if case .unavailable = identification { return identification }
    if lifetime > .zero {
      let until = now.monotonic.advanced(by: lifetime)
      answers.withLock { $0.store(identification, for: fingerprint, until: until, now: now.monotonic) }
    }
    return identification
  }

  /// The client's own fields. A credential that came in another place, because a browser cannot set headers, becomes an `Authorization`.
  private func fields(of evidence: Evidence) throws(CredentialError) -> [Inquiry.Field] {
    var fields = evidence.headers.filter { headers.contains($0.name.lowercased()) }.map { Inquiry.Field($0.name, $0.value) }
    let hasOwn = fields.contains { $0.name.lowercased() == Self.authorization }
    if headers.contains(Self.authorization), !hasOwn, let credential = try evidence.credential(from: nil) {
      fields.append(.init("Authorization", "Bearer \(credential)"))
    }
    for field in fields {
      // A query can hold a line end, behind which another field would begin.
      guard field.value.utf8.count <= Self.maximumField, field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw CredentialError("malformed")
      }
    }
    return fields
  }

  /// Of everything that the endpoint may decide by, each part with its length: no two requests run into one.
  private static func fingerprint(_ fields: [Inquiry.Field]) -> Fingerprint {
    var text: [UInt8] = []
    for part in fields.flatMap({ [$0.name.lowercased(), $0.value] }) {
      text += Array("\(part.utf8.count):".utf8) + Array(part.utf8)
    }
    return Fingerprint(of: text)
  }

  private func identification(_ answer: InquiryAnswer) -> Identification {
    guard case .response(let status, _, _) = answer else { return .unavailable(CredentialError("forward_unreachable")) }
    switch status {
    case 200..<300: break
    case 429, 500...: return .unavailable(CredentialError("forward_failed"))
    // A redirect leads to a login, and is a no.
    default: return .refused(CredentialError("forward_refused"))
    }
    let subjects = answer.values(subjectHeader)
    let tiers = answer.values(tierHeader)
    guard subjects.count <= 1, tiers.count <= 1, (subjects + tiers).allSatisfy(Self.isName) else {
      return .unavailable(CredentialError("forward_malformed"))
    }
    return .caller(Caller(subject: subjects.first ?? JWTGuard.unknownSubject, method: method, tier: tiers.first))
  }

  private static func isName(_ text: String) -> Bool {
    (1...maximumName).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }
}
