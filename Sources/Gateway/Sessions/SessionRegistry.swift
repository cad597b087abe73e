import Relay
import Synchronization

/// The sessions that are open, for whoever asks at the operator's address. Nothing is added to a session but its place here: the tickets
/// live as long all the same.
///
/// Some 50 bytes a session, with what its ticket remembers for this; a lock of one shard for each opening and each end.
final class SessionRegistry: Sendable {
  private final class Shard: Sendable {
    let tickets = Mutex<[UInt64: SessionTicket]>([:])
  }

  private let shards = (0..<16).map { _ in Shard() }

  func add(_ ticket: SessionTicket) { shard(ticket.number).tickets.withLock { $0[ticket.number] = ticket } }

  func remove(_ ticket: SessionTicket) { shard(ticket.number).tickets.withLock { $0[ticket.number] = nil } }

  /// Those that are wanted, the oldest first.
  ///
  /// Looks at all of them, one shard at a time, so that openings never wait long.
  func sessions(where isWanted: (SessionTicket) -> Bool = { _ in true }) -> [SessionTicket] {
    shards.flatMap { shard in Array(shard.tickets.withLock { $0 }.values).filter(isWanted) }.sorted { $0.number < $1.number }
  }

  /// The session with this id in the log.
  func session(_ id: String) -> SessionTicket? {
    for shard in shards {
      if let ticket = shard.tickets.withLock({ $0 }).values.first(where: { $0.session == id }) { return ticket }
    }
    return nil
  }

  private func shard(_ number: UInt64) -> Shard { shards[Int(number % UInt64(shards.count))] }
}
