import Configuration

/// What is known of a client that is asked who it is: what it presented, and where it comes from.
///
/// Nothing of it is printed.
public struct Evidence: Sendable {
  /// The credential, already taken from where it was; nil or empty without one.
  public var credential: String?
  /// Where that was.
  public var place: CredentialPlace?
  /// It presented two that differ. Which one counts is not to be guessed.
  public var isAmbiguous: Bool
  /// The path of the route, as configured, that it wants to use.
  public var route: String
  public var client: ClientAddress
  /// The `Origin` field; several lines joined with a comma, which is then no origin.
  public var origin: String?
  /// What the client showed in the TLS handshake and an authority of the listener's signed.
  public var certificate: ClientCertificate?
  /// The header fields of the request, as they came.
  public var headers: [(name: String, value: String)]

  public init(
    credential: String? = nil, place: CredentialPlace? = nil, isAmbiguous: Bool = false, route: String, client: ClientAddress,
    origin: String? = nil, certificate: ClientCertificate? = nil, headers: [(name: String, value: String)] = []
  ) {
    self.credential = credential
    self.place = place
    self.isAmbiguous = isAmbiguous
    self.route = route
    self.client = client
    self.origin = origin
    self.certificate = certificate
    self.headers = headers
  }

  /// The evidence for an opening that is being admitted.
  public init(
    _ request: AdmissionRequest, route: String, certificate: ClientCertificate? = nil, headers: [(name: String, value: String)] = []
  ) {
    self.init(
      credential: request.credential, place: request.place, isAmbiguous: request.isAmbiguous, route: route, client: request.client,
      origin: request.origin, certificate: certificate, headers: headers)
  }

  /// The credential as a method sees it that only looks in some places; nil when there is none for it.
  func credential(from places: Set<CredentialPlace>?) throws(CredentialError) -> String? {
    guard let credential, !credential.isEmpty else { return nil }
    if let places, let place, !places.contains(place) { return nil }
    guard !isAmbiguous else { throw CredentialError("ambiguous") }
    return credential
  }
}

extension Evidence: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "evidence for \(route)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
