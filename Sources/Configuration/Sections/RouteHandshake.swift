/// Handshakes inside the socket, for frontends that were written for them.
public struct RouteHandshake: Section, Equatable {
  public enum Authenticate: String, CaseIterable, Sendable { case off, optional, required }

  public var authenticate = Authenticate.off
  public var connect: String?
  public var forwardConnect = false
  public var early = 20

  public init() {}

  public static let section = SectionDescription<RouteHandshake>(
    "Handshake", "Handshakes that happen inside the socket, after 101.",
    fields: [
      Field(
        "authenticate", \.authenticate, .choice,
        "Whether the client authenticates by an `authenticate` message within `timeouts.authentication`."),
      Field(
        "connect", \.connect, .text,
        """
        Type of the message that makes the gateway dial, such as `connect_realtime` or `session.create`. Dialled before 101 unless \
        given.
        """),
      Field("forward_connect", \.forwardConnect, .boolean, "Whether that message itself goes on to the upstream, first."),
      Field("early", \.early, .integer(1...1_000), "Messages that a client may send before it is authenticated. Beyond it: close 1008."),
    ])
}
