import JSON
import Tokens

/// The keys that an issuer publishes at a URL: fetched when first needed, again when they are old, and once when a token names one that is
/// not among them. A value without I/O: it says what to fetch and takes what came.
public struct KeySet: Sendable {
  public enum Source: Sendable, Hashable {
    /// The URL of a JSON Web Key Set.
    case keys(url: String)
    /// An OpenID Connect issuer, whose discovery document names that URL.
    case issuer(String)
  }

  public struct Times: Sendable, Equatable {
    /// How long keys are used without asking again. A key that its issuer withdrew is believed for that long.
    public var lifetime = Duration.seconds(600)
    /// How long they are used when the issuer does not answer.
    public var staleLifetime = Duration.seconds(86_400)
    /// Between two fetches because of unknown keys: strangers can name as many as they like.
    public var cooldown = Duration.seconds(10)
    /// How long a key that a fresh set did not have counts as unknown without another look.
    public var unknownLifetime = Duration.seconds(60)
    /// After a failure; doubled with each that follows.
    public var firstRetry = Duration.seconds(1)
    public var lastRetry = Duration.seconds(60)
    /// For one request.
    public var timeout = Duration.seconds(5)

    public init() {}
  }

  /// A GET to make.
  public struct Request: Sendable, Equatable {
    /// Tells answers to this request from answers to an earlier one.
    public let number: Int
    public let url: String
  }

  public enum Action: Sendable, Equatable {
    /// Decide with these.
    case use(JSONWebKeySet)
    /// Make this request and hand in what came of it.
    case fetch(Request)
    /// Somebody makes it already.
    case wait(Request)
    /// There are no keys, and it is too early to ask again.
    case unavailable
  }

  /// Most keys remembered as unknown; strangers choose their names.
  static let unknownCapacity = 256

  public let source: Source
  public let times: Times
  private var held: (set: JSONWebKeySet, at: UInt64)?
  /// What the discovery document said; forgotten when it leads nowhere.
  private var discovered: String?
  private var flight: (request: Request, isDiscovery: Bool, until: UInt64)?
  private var number = 0
  private var failures = 0
  private var notBefore: UInt64 = 0
  /// Names that are not in the set, the one noted first in front.
  private var unknown: [(keyID: String, until: UInt64)] = []
  /// Why there are no newer keys; nil after a success.
  public private(set) var failure: String?

  public init(_ source: Source, times: Times = Times()) {
    self.source = source
    self.times = times
  }

  // MARK: Asking

  /// What to do for a token that names this key.
  ///
  /// - Parameter now: nanoseconds of a clock that never goes back.
  public mutating func keys(for keyID: String?, now: UInt64) -> Action {
    guard let held else {
      if let flight = current(now) { return .wait(flight) }
      return now < notBefore ? .unavailable : .fetch(depart(now))
    }
    let isKnown = keyID.map { held.set.contains($0) } ?? true
    if now < held.at.advanced(by: times.lifetime) {
      if isKnown { return .use(held.set) }
      if unknown.contains(where: { $0.keyID == keyID && now < $0.until }) { return .use(held.set) }
      if let flight = current(now) { return .wait(flight) }
      if now < notBefore { return failures > 0 ? .unavailable : .use(held.set) }
      return .fetch(depart(now))
    }
    // Old keys: one asks for newer ones, the others meanwhile go on with what there is, for a while.
    let isUsable = isKnown && now < held.at.advanced(by: times.staleLifetime)
    if let flight = current(now) { return isUsable ? .use(held.set) : .wait(flight) }
    if now < notBefore { return isUsable ? .use(held.set) : .unavailable }
    return .fetch(depart(now))
  }

  /// The keys at hand, for a decision that cannot wait.
  func held(at now: UInt64) -> Action {
    guard let held, now < held.at.advanced(by: times.staleLifetime) else { return .unavailable }
    return .use(held.set)
  }

  /// The request on its way, unless whoever made it never came back.
  private func current(_ now: UInt64) -> Request? {
    flight.flatMap { now < $0.until ? $0.request : nil }
  }

  private mutating func depart(_ now: UInt64) -> Request {
    number += 1
    let request: Request
    switch source {
    case .keys(let url): request = Request(number: number, url: url)
    case .issuer(let issuer): request = Request(number: number, url: discovered ?? Self.discoveryURL(issuer))
    }
    let isDiscovery = if case .issuer = source { discovered == nil } else { false }
    flight = (request, isDiscovery, now.advanced(by: times.timeout + .seconds(1)))
    return request
  }

  /// OpenID Connect Discovery 1.0 section 4.
  static func discoveryURL(_ issuer: String) -> String {
    (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
  }

  // MARK: Answers

  /// Takes what came of a request; an answer to one that is settled or given up says nothing any more.
  public mutating func receive(_ answer: InquiryAnswer, to number: Int, now: UInt64) {
    guard let flight, flight.request.number == number else { return }
    self.flight = nil
    do throws(KeySetError) {
      let body = try Self.body(of: answer)
      if flight.isDiscovery, case .issuer(let issuer) = source {
        discovered = try Self.keysURL(in: body, of: issuer)
        _ = depart(now)
        return
      }
      do throws(KeyError) {
        held = (try JSONWebKeySet(parsing: body), now)
      } catch {
        throw KeySetError("\(error)")
      }
      failures = 0
      failure = nil
      notBefore = now.advanced(by: times.cooldown)
    } catch {
      failure = error.text
      discovered = nil
      notBefore = now.advanced(by: min(times.lastRetry, times.firstRetry * (1 << min(failures, 16))))
      failures += 1
    }
  }

  /// Remembers that a key is not in the set, if the set is fresh enough to say so.
  public mutating func note(unknown keyID: String, now: UInt64) {
    guard let held, failures == 0, now < held.at.advanced(by: times.cooldown), !held.set.contains(keyID) else { return }
    unknown.removeAll { $0.until <= now || $0.keyID == keyID }
    if unknown.count >= Self.unknownCapacity { unknown.removeFirst() }
    unknown.append((keyID, now.advanced(by: times.unknownLifetime)))
  }

  private static func body(of answer: InquiryAnswer) throws(KeySetError) -> [UInt8] {
    switch answer {
    case .response(200, _, let body): return body
    case .response(let status, _, _): throw KeySetError("status \(status), expected 200")
    case .failed(let name): throw KeySetError(name)
    }
  }

  private static func keysURL(in body: [UInt8], of issuer: String) throws(KeySetError) -> String {
    let document: JSONValue
    do { document = try JSONValue.parse(body, maxDepth: 16) } catch { throw KeySetError("discovery document is no json") }
    // Discovery 1.0 section 4.3: or any document could speak for any issuer.
    guard let name = document["issuer"]?.stringValue, name.utf8.elementsEqual(issuer.utf8) else {
      throw KeySetError("discovery document is another issuer's")
    }
    guard let url = document["jwks_uri"]?.stringValue, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw KeySetError("discovery document has no \"jwks_uri\"")
    }
    let scheme = url.prefix(8).lowercased()
    // An issuer asked in the clear (a test's own) may answer in the clear.
    guard scheme == "https://" || (scheme.hasPrefix("http://") && issuer.lowercased().hasPrefix("http://")) else {
      throw KeySetError("\"jwks_uri\" is no https url")
    }
    return url
  }
}

/// Why keys could not be had.
private struct KeySetError: Error {
  let text: String

  init(_ text: String) {
    self.text = text
  }
}
