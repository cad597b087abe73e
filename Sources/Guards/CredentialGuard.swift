import Configuration

/// One way to check a credential that needs nothing but the credential and the time.
public protocol CredentialGuard: CallerGuard {
  /// Where the credential may come from; nil is anywhere.
  var places: Set<CredentialPlace>? { get }

  func check(_ credential: String, now: Moment) throws(CredentialError) -> Caller
}

extension CredentialGuard {
  public var places: Set<CredentialPlace>? { nil }

  public func identify(_ evidence: Evidence, now: Moment) -> Identification {
    do throws(CredentialError) {
      guard let credential = try evidence.credential(from: places) else { return .absent }
      return .caller(try check(credential, now: now))
    } catch {
      return .refused(error)
    }
  }
}

/// A credential that is not accepted.
public struct CredentialError: Error, Sendable, Equatable {
  /// Stable name of what is wrong; says nothing of the credential.
  public let name: String

  public init(_ name: String) {
    self.name = name
  }
}
