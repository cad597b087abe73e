/// What happens at shutdown.
public struct Drain: Section, Equatable {
  /// What clients are told.
  public enum Code: String, CaseIterable, Sendable {
    case goingAway = "1001"
    case serviceRestart = "1012"
  }

  public var delay = Duration.zero
  public var grace = Duration.seconds(30)
  public var idle = Switched.on(Duration.seconds(5))
  public var spread = Duration.seconds(5)
  public var code = Code.goingAway

  public init() {}

  public static let section = SectionDescription<Drain>(
    "Drain", "What happens at SIGTERM: readiness first, then no new sessions; open ones may end by themselves, the rest is closed.",
    fields: [
      Field(
        "delay", \.delay, .duration(.zero ... .seconds(600)),
        """
        `/ready` answers 503 for so long before sessions are refused. As long as your load balancer needs to notice: its interval times \
        the failures that it takes.
        """),
      Field(
        "grace", \.grace, .duration(.zero ... .seconds(86_400)),
        """
        How long open sessions may still run after that. `delay`, `grace`, `spread` and 6 s together below the time your service manager \
        waits before it kills.
        """),
      Field(
        "idle", \.idle, .off(or: .duration(.milliseconds(100) ... .seconds(600))),
        """
        A session in which neither end has said anything for so long is between two turns, and closed before the grace is over. `off` \
        leaves all of them until then.
        """),
      Field(
        "spread", \.spread, .duration(.zero ... .seconds(600)),
        "Time over which closes are spread, so that clients do not all come back at once."),
      Field(
        "code", \.code, .choice,
        "Close code that clients are told: `1001` (going away) or `1012` (service restart). Libraries differ in which they reconnect on."),
    ])
}
