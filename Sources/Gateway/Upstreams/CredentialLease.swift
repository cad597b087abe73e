import Configuration
import Synchronization

/// A session's place among those that have the same credential of an upstream. Given back once, at the latest when nobody holds it.
final class CredentialLease: Sendable {
  let reference: SecretReference
  /// As it was when the session began.
  let secret: Secret
  private let giveBack: @Sendable () -> Void
  private let isHeld = Atomic<Bool>(true)

  init(_ reference: SecretReference, _ secret: Secret, giveBack: @escaping @Sendable () -> Void) {
    self.reference = reference
    self.secret = secret
    self.giveBack = giveBack
  }

  /// The session is over; the second call and later ones do nothing.
  func release() {
    if isHeld.exchange(false, ordering: .relaxed) { giveBack() }
  }

  deinit { release() }
}
