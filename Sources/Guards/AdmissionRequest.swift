import Configuration

/// What a client asks for, as far as the guards look at it.
public struct AdmissionRequest: Sendable {
  public var client: ClientAddress
  /// The client's address in the form allowed in logs.
  public var ip: String
  /// The `Origin` field; several lines joined with a comma, which is then no origin.
  public var origin: String?
  /// What the client presented, already taken from where it was.
  public var credential: String?
  /// It presented two that differ. Which one counts is not to be guessed.
  public var isAmbiguous: Bool
  /// Where that was; decides how a refusal by close is worded.
  public var place: CredentialPlace?

  public init(
    client: ClientAddress, ip: String, origin: String? = nil, credential: String? = nil, isAmbiguous: Bool = false,
    place: CredentialPlace? = nil
  ) {
    self.client = client
    self.ip = ip
    self.origin = origin
    self.credential = credential
    self.isAmbiguous = isAmbiguous
    self.place = place
  }
}

extension AdmissionRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Without what the client presented.
  public var description: String { "request of \(ip)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
