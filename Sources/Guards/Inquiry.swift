import Tokens

/// An HTTP request that a guard needs made before it can decide.
///
/// It may hold the client's credential or the gateway's own secret, so nothing of it is printed but its URL, which has neither.
public struct Inquiry: Sendable, Equatable {
  /// A header field.
  public struct Field: Sendable, Equatable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Equal for requests of which one is enough: whoever asks while it is on its way waits for the same answer.
  public struct Flight: Sendable, Hashable {
    /// The guard's own state.
    let owner: ObjectIdentifier
    let subject: Subject

    enum Subject: Hashable {
      case request(Int)
      case credential(Fingerprint)
    }
  }

  public let flight: Flight
  /// `GET` or `POST`.
  public let method: String
  /// `http` or `https`, as configured or as an issuer's own document says. Redirects are not to be followed.
  public let url: String
  public let headers: [Field]
  public let body: [UInt8]
  /// For the whole of it, connecting included.
  public let timeout: Duration
  /// Longer answers are failures.
  public let maximumBytes: Int

  /// A request of nobody's but the caller's, who makes it himself.
  public init(method: String, url: String, headers: [Field], body: [UInt8], timeout: Duration) {
    self.init(
      Flight(owner: ObjectIdentifier(Inquiry.self), subject: .request(0)), method: method, url: url, headers: headers, body: body,
      timeout: timeout)
  }

  init(
    _ flight: Flight, method: String = "GET", url: String, headers: [Field] = [], body: [UInt8] = [], timeout: Duration,
    maximumBytes: Int = 64 << 10
  ) {
    self.flight = flight
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.maximumBytes = maximumBytes
  }
}

extension Inquiry: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "\(method) \(url)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
