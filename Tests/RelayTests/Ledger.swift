import Glibc
import Synchronization
@testable import Relay

/// Where sessions report.
final class Ledger: Sendable {
  private let outcomes = Mutex<[UInt64: [SessionOutcome]]>([:])

  func note(_ outcome: SessionOutcome) {
    outcomes.withLock { $0[outcome.id, default: []].append(outcome) }
  }

  func reports(of id: UInt64) -> [SessionOutcome] { outcomes.withLock { $0[id] ?? [] } }

  /// Waits for the report of a session.
  func outcome(of id: UInt64) throws -> SessionOutcome {
    var found: SessionOutcome?
    try Self.wait("session \(id) to report") {
      found = reports(of: id).first
      return found != nil
    }
    return found!
  }

  /// Waits until something that another thread does has happened.
  static func wait(_ what: String, until condition: () -> Bool) throws {
    for _ in 0..<Int(Peer.patience) {
      if condition() { return }
      usleep(1_000)
    }
    throw Peer.Failure(description: "waited in vain for \(what)")
  }
}
