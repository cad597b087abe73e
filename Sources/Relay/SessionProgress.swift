/// How a session stands, by its reactor's own counts.
public struct SessionProgress: Sendable, Equatable {
  /// What has come from the client.
  public var downstream: SessionOutcome.Traffic
  /// What has come from its upstreams.
  public var upstream: SessionOutcome.Traffic
  /// Milliseconds since the last data frame of either end.
  public var silence: Int64
  /// A closing handshake is under way, or an end is gone.
  public var isEnding: Bool
}

extension RelaySession {
  var progress: SessionProgress {
    SessionProgress(
      downstream: desk?.traffic(of: downstream) ?? downstream.traffic, upstream: desk?.total(upstream) ?? upstream.traffic,
      silence: unsafe loop.now - max(downstream.lastData, upstream.lastData), isEnding: ending != nil)
  }
}
