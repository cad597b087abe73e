/// One way to check a credential that needs nothing but the credential and the time.
public protocol CredentialGuard: Sendable {
  /// The method's name in metrics and records.
  var method: String { get }

  func check(_ credential: String, now: Moment) throws(CredentialError) -> Caller
}

/// A credential that is not accepted.
public struct CredentialError: Error, Sendable, Equatable {
  /// Stable name of what is wrong; says nothing of the credential.
  public let name: String

  public init(_ name: String) {
    self.name = name
  }
}
