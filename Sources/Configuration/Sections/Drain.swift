/// What happens at shutdown.
public struct Drain: Section, Equatable {
  public var grace = Duration.seconds(30)
  public var spread = Duration.seconds(5)

  public init() {}

  public static let section = SectionDescription<Drain>(
    "Drain", "What happens at SIGTERM: no new sessions, open ones may end by themselves, the rest is closed with 1001.",
    fields: [
      Field(
        "grace", \.grace, .duration(.zero ... .seconds(86_400)),
        "How long open sessions may still run. Below the time your service manager waits before it kills."),
      Field(
        "spread", \.spread, .duration(.zero ... .seconds(600)),
        "Time over which the closes at the end are spread, so that clients do not all come back at once."),
    ])
}
