import Guards
import JSON
import Synchronization

/// Why openings were refused, for as long as the page that asked for one may want to know.
final class RecentRefusals: Sendable {
  private struct Entry {
    let route: String
    let client: AddressKey
    let refusal: Refusal
    let session: String
    let at: Moment
  }

  /// Entries, and seconds that one is kept.
  private static let most = 64
  private static let seconds: Int64 = 30

  private let entries = Mutex<[Entry]>([])

  func note(_ refusal: Refusal, route: String, client: AddressKey, session: String, now: Moment) {
    entries.withLock { entries in
      entries.removeAll { now.unixSeconds - $0.at.unixSeconds > Self.seconds }
      if entries.count >= Self.most { entries.removeFirst() }
      entries.append(Entry(route: route, client: client, refusal: refusal, session: session, at: now))
    }
  }

  /// The latest refusal of a route to a client, which is then forgotten: `{"status":401,"type":"unauthorized",...}`.
  func take(route: String, client: AddressKey, now: Moment) -> JSONValue? {
    entries.withLock { entries in
      guard
        let index = entries.lastIndex(where: {
          $0.route == route && $0.client == client && now.unixSeconds - $0.at.unixSeconds <= Self.seconds
        })
      else { return nil }
      let entry = entries.remove(at: index)
      let close = entry.refusal.close
      return [
        "status": .int(Int64(entry.refusal.status)), "type": .string(entry.refusal.type), "message": .string(entry.refusal.message),
        "session": .string(entry.session), "retry_after": entry.refusal.retryAfter.map { .int(Int64($0)) } ?? .null,
        "close": close.map { .int(Int64($0.code)) } ?? .null, "reason": .string(entry.refusal.closeReason),
      ]
    }
  }
}
