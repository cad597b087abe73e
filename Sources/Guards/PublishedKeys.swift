import Synchronization

/// The keys of one issuer, for all threads.
public final class PublishedKeys: Sendable {
  let state: Mutex<KeySet>
  let timeout: Duration

  public init(_ keys: KeySet) {
    timeout = keys.times.timeout
    state = Mutex(keys)
  }

  /// Why they could not be renewed; nil when they could.
  public var failure: String? { state.withLock { $0.failure } }
}
