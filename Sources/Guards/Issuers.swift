import Synchronization

/// The keys of every issuer that the route table ever named. It outlives reloads: an issuer that is down must not take its keys along.
public final class Issuers: Sendable {
  private let times: KeySet.Times
  private let known = Mutex<[KeySet.Source: PublishedKeys]>([:])

  public init(times: KeySet.Times = KeySet.Times()) {
    self.times = times
  }

  /// The keys from this source, the same for everybody who asks for them.
  public func keys(_ source: KeySet.Source) -> PublishedKeys {
    known.withLock { known in
      if let keys = known[source] { return keys }
      let keys = PublishedKeys(KeySet(source, times: times))
      known[source] = keys
      return keys
    }
  }
}
