import Configuration
import Guards

/// What came of one session's tries so far.
struct OpeningHistory {
  /// By upstream: credentials that were refused to this session.
  var tried: [String: Set<SecretReference>] = [:]
  /// Credentials that were looked for anew.
  var renewed: Set<SecretReference> = []
  var obstacles: [UpstreamTable.Obstacle] = []
  /// The last failure, and the upstream that it was at.
  var last: (failure: DialFailure, upstream: String)?

  /// What the client hears when nothing was left to try.
  ///
  /// - Parameter ip: of the client, as the log may show it.
  func refusal(ip: String) -> Refusal {
    if let (failure, name) = last { return failure.refusal(ip: ip, upstream: name) }
    let waits = obstacles.compactMap { obstacle -> UInt64? in
      switch obstacle {
      case .circuit(let wait), .resting(let wait): wait
      case .busy, .exhausted: nil
      }
    }
    if let wait = waits.min() { return Refusal(.circuitOpen, retryAfter: Int(max(1, (wait &+ 999_999_999) / 1_000_000_000))) }
    return Refusal(obstacles.contains(.busy) ? .overCapacity : .misconfigured)
  }
}

extension DialFailure {
  /// What a client is told; the rest is for the log.
  func refusal(ip: String, upstream: String) -> Refusal {
    switch self {
    case .refused(let status, _), .initRefused(let status, _):
      Refusal(.upstreamRefused, event: .upstreamRefused(ip: ip, upstream: upstream, status: status))
    case .timedOut: Refusal(.upstreamTimeout, event: .upstreamTimeout(ip: ip, upstream: upstream, phase: "dial"))
    case .cancelled: Refusal(.upstreamUnreachable)
    default:
      Refusal(.upstreamUnreachable, event: .upstreamUnreachable(ip: ip, upstream: upstream, error: "\(name) \(detail)"))
    }
  }
}

extension CircuitBreaker.State {
  /// The metric's value.
  var level: Int64 {
    switch self {
    case .closed: 0
    case .halfOpen: 1
    case .open: 2
    }
  }
}
