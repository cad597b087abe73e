import YAML

/// How long each part of a session may take.
public struct RouteTimeouts: Section, Equatable {
  public var head = Duration.seconds(10)
  public var tls = Duration.seconds(10)
  public var authentication = Duration.seconds(10)
  public var dial = Duration.seconds(10)
  public var ready = Duration.seconds(15)
  public var clientAudioIdle = Switched<Duration>.off
  public var clientIdle = Switched<Duration>.on(.seconds(600))
  public var upstreamIdle = Switched<Duration>.on(.seconds(600))
  public var session = Switched<Duration>.on(.seconds(7_200))
  public var close = Duration.seconds(5)
  public var pingInterval = Switched<Duration>.on(.seconds(20))
  public var pingTimeout = Duration.seconds(20)

  public init() {}

  public static let section = SectionDescription<RouteTimeouts>(
    "Timeouts", "How long each part of a session may take. Long ones let slow or silent peers hold a slot.",
    fields: [
      Field(
        "head", \.head, .duration(.milliseconds(100) ... .seconds(120)),
        """
        From the accepted connection (or the end of TLS) to the whole request head. The route is not known before, so only `defaults` \
        can set it.
        """),
      Field("tls", \.tls, .duration(.milliseconds(100) ... .seconds(120)), "The client's TLS handshake. Only `defaults` can set it."),
      Field(
        "authentication", \.authentication, .duration(.milliseconds(100) ... .seconds(120)),
        "With `handshake.authenticate`: from the 101 until the credential is accepted. Then close 4001."),
      Field(
        "dial", \.dial, .duration(.milliseconds(100) ... .seconds(60)),
        "From the upstream's name to its answered upgrade: DNS, TCP, TLS and HTTP. Then 504."),
      Field(
        "ready", \.ready, .duration(.milliseconds(100) ... .seconds(120)),
        """
        From the upgrade, or the client's first message where the vendor waits for one, to the message with which the vendor says that it \
        is ready. Then close 1011.
        """),
      Field(
        "client_audio_idle", \.clientAudioIdle, .off(or: .duration(.seconds(1) ... .seconds(86_400))),
        """
        Without audio from the client, of vendors that take some; keepalives do not count. Below it a silent session is kept open, which \
        some vendors bill like any other.
        """),
      Field(
        "client_idle", \.clientIdle, .off(or: .duration(.seconds(1) ... .seconds(86_400))),
        "Without any message from the client. `off` lets a forgotten page hold a paid session until `session`."),
      Field(
        "upstream_idle", \.upstreamIdle, .off(or: .duration(.seconds(1) ... .seconds(86_400))),
        "Without any message from the upstream. A client that may ask for another one stays."),
      Field("session", \.session, .off(or: .duration(.seconds(1) ... .seconds(7 * 86_400))), "The longest a session may last."),
      Field(
        "close", \.close, .duration(.milliseconds(100) ... .seconds(60)),
        "For the other side's close frame, before the connection is cut."),
      Field(
        "ping_interval", \.pingInterval, .off(or: .duration(.seconds(1) ... .seconds(3_600))),
        "Between pings on each leg. Below the idle timeout of every proxy on the way, or those cut silent sessions."),
      Field(
        "ping_timeout", \.pingTimeout, .duration(.seconds(1) ... .seconds(3_600)),
        """
        For the client's answer to a ping, or any other sign of life. Then the client counts as lost. Vendors answer pings after up to \
        30 s, so upstreams are left to `upstream_idle`.
        """),
    ])
}
