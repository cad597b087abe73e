import JSON

/// What a probe of one route found.
public struct ProbeResult: Sendable, Equatable {
  /// Milliseconds of each step since the one before it; nil where it was not done, or not needed.
  public struct Times: Sendable, Equatable {
    public var dns: Double?
    public var tcp: Double?
    public var tls: Double?
    public var upgrade: Double?
    /// From the answered upgrade to readiness.
    public var ready: Double?
  }

  /// How far a probe came.
  public enum Stage: Int, Sendable, Comparable {
    /// Nothing answered.
    case none
    /// There is a server, and it answered or refused.
    case reached
    /// It has accepted the upgrade, and the credential with it.
    case authenticated
    /// It would take audio.
    case ready

    public static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
  }

  /// As configured.
  public let route: String
  public let upstream: String
  /// Where the credential is from; nil where the upstream has no choice of them.
  public var credential: String?
  /// Host and port that were dialled; nil where it did not come to that.
  public var host: String?
  public var isSimulated = false
  public var stage = Stage.none
  public var times = Times()
  /// Why it came no further, without a secret and without a word of the vendor's.
  public var problem: String?
  /// Only a client can say what is needed to dial: nothing is wrong.
  public var isSkipped = false

  public var isFine: Bool { isSkipped || stage == .ready }

  public var json: JSONValue {
    let milliseconds = [("dns", times.dns), ("tcp", times.tcp), ("tls", times.tls), ("upgrade", times.upgrade), ("ready", times.ready)]
    return [
      "route": .string(route), "upstream": .string(upstream), "credential": credential.map { .string($0) } ?? .null,
      "host": host.map { .string($0) } ?? .null, "simulated": .bool(isSimulated),
      "skipped": .bool(isSkipped), "reached": .bool(stage >= .reached), "authenticated": .bool(stage >= .authenticated),
      "ready": .bool(stage >= .ready),
      "milliseconds": .object(JSONObject(milliseconds.map { .init($0.0, $0.1.map { .double($0) } ?? .null) })),
      "problem": problem.map { .string($0) } ?? .null,
    ]
  }
}
