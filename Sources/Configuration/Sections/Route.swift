import YAML

/// One path of ours, and what may happen on it.
public struct Route: Section, Equatable {
  public enum MissingOrigin: String, CaseIterable, Sendable { case allow, refuse }

  /// Who answers a ping.
  public enum Pings: String, CaseIterable, Sendable { case answer, relay }

  /// How a refusal looks to the client.
  public enum Refuse: String, CaseIterable, Sendable { case http, close }

  /// What a request gets that does not ask for a socket.
  public enum Plain: String, CaseIterable, Sendable {
    case upgradeRequired = "upgrade_required"
    case notFound = "not_found"
  }

  /// From the key of the entry.
  public var path = RoutePath.root
  public var upstream = ""
  /// Paths of other routes, by query parameter and its value.
  public var instead: [String: [String: String]] = [:]
  public var enabled = RouteSwitch.fixed(true)
  /// Nil only in `defaults`.
  public var authentication: RouteAuthentication?
  public var networks = Networks()
  public var origins: [OriginPattern] = []
  public var missingOrigin = MissingOrigin.allow
  public var tier: String?
  public var handshake = RouteHandshake()
  public var dialect: String?
  public var audio = RouteAudio()
  public var compression = Compression()
  public var query = RouteQuery()
  public var headers: [String] = []
  public var messages = MessageLimits()
  public var subprotocols: [String] = []
  public var pings = Pings.answer
  public var refuse = Refuse.http
  public var plain = Plain.upgradeRequired
  public var cors = RouteCORS()
  public var timeouts = RouteTimeouts()
  public var buffers = Buffers()

  public init() {}

  public static let section = SectionDescription<Route>(
    "Route",
    """
    A path that frontends open, the upstream it leads to, and who may use it how. The key of an entry is the path: exact, or ending in \
    `/*`; then the rest of the path goes on to the upstream, as far as the vendor allows.
    """,
    fields: [
      Field("upstream", \.upstream, .text, required: true, "Name under `upstreams`."),
      Field(
        "enabled", \.enabled, .routeSwitch,
        "Kill switch: 503 when off. `${NAME}` or `{env: NAME}` is on exactly when that variable is `true`."),
      Field(
        "authentication", \.authentication, .routeAuthentication,
        """
        Names under `authentication`; one of them must know the caller. Must be said here or in `defaults`. `none` lets anybody spend \
        the vendor's credit: refused in production.
        """),
      Field("networks", \.networks, .section, "Client networks that may use the route; all, unless given."),
      Field(
        "origins", \.origins, .list(of: .origin),
        """
        Pages that may open the route: `https://app.example.com[:port]`, `https://*.example.com` for every name below, or `*`. With \
        none, no page may. `*` lets any page use the visitor's network position and cookies: refused in production.
        """),
      Field(
        "missing_origin", \.missingOrigin, .choice,
        """
        What becomes of requests without `Origin`. Browsers always send it; servers, phones and SDKs do not, and must then be known by \
        `authentication`.
        """),
      Field("tier", \.tier, .text, "Name under `tiers`. Without it nothing limits how many sessions one caller opens."),
      Field("handshake", \.handshake, .section, "Handshakes inside the socket, and what the gateway itself says to the upstream."),
      Field(
        "instead", \.instead, .map(of: .map(of: .text), noun: "parameter"),
        """
        Other routes, for frontends that say by a query parameter which one they mean: `{service: {transcription: /listen}}`. Such a \
        request is asked, limited and led as if it had come to that path. Of a repeated parameter the first counts.
        """),
      Field(
        "dialect", \.dialect, .text, availability: .notYet(),
        "What the frontend speaks, where that is not the vendor's own: `openai-beta`, `deepgram-agent`, `twilio`."),
      Field("audio", \.audio, .section, "Checks of the audio itself."),
      Field("compression", \.compression, .section, "permessage-deflate (RFC 7692)."),
      Field("query", \.query, .section, "Which of the client's query parameters go on to the upstream."),
      Field(
        "headers", \.headers, .list(of: .headerName),
        "Client headers that go on to the upstream. Cookies, credentials and hop-by-hop headers never do."),
      Field("messages", \.messages, .section, "Limits of the client's and the upstream's messages."),
      Field(
        "subprotocols", \.subprotocols, .list(of: .headerName),
        """
        Subprotocols to answer with when the client offers them; empty for the vendor's rule. Credentials in the offer are consumed, \
        never echoed.
        """),
      Field("pings", \.pings, .choice, "`answer`: each side's pings are answered here. `relay`: they go through to the other side."),
      Field(
        "refuse", \.refuse, .choice,
        "`http`: a refusal is an HTTP status. `close`: 101, then a close code and reason, which scripts in a browser can read."),
      Field(
        "plain", \.plain, .choice,
        "What plain HTTP on the path gets: `upgrade_required` 426, `not_found` 404, as if nothing were there."),
      Field("cors", \.cors, .section, "Answers to cross-origin HTTP requests: preflight by `OPTIONS`, and what pages may read."),
      Field("timeouts", \.timeouts, .section, "Each of its own."),
      Field("buffers", \.buffers, .section, "Memory that one session may hold."),
    ],
    elsewhere: ["vendor": "an upstream", "url": "an upstream", "credential": "an upstream", "region": "an upstream"]
  ) { _, node, place, reader in
    // What `defaults` says was checked there.
    for item in node["headers"]?.sequence ?? [] where ForbiddenHeader.contains(item.text ?? "") {
      reader.error("header '\(Quote.plain(item.text ?? ""))' of \(place.owner) never goes on to an upstream", at: item.start)
    }
  }

  /// What `defaults` may say: everything a route may, except where it leads.
  static let defaults = section.partial(
    "Defaults", "What every route starts from. A route's own keys win, inside its sections key by key; a list is replaced as a whole.",
    without: ["upstream", "instead"])
}

/// Client headers that no route can forward (product rule: cookies, authorization, credentials and hop headers never reach an upstream).
enum ForbiddenHeader {
  static func contains(_ name: String) -> Bool {
    let name = name.lowercased()
    return name.hasPrefix("sec-websocket-") || SecretName.isLikely(name) || hop.contains(name)
  }

  /// RFC 9110 section 7.6.1, and what the gateway's own request says.
  private static let hop: Set<String> = [
    "connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host",
    "content-length",
    "forwarded", "x-forwarded-for", "x-real-ip",
  ]
}

extension RoutePath {
  static var root: RoutePath { RoutePath(base: "/", isPrefix: false) }

  private init(base: String, isPrefix: Bool) {
    self.base = base
    self.isPrefix = isPrefix
  }
}

extension ValueType where Value == String {
  /// A token of RFC 9110 section 5.6.2: header names and subprotocols.
  public static var headerName: ValueType {
    scalar(
      "name", expected: "a name of letters, digits and !#$%&'*+-.^_`|~", shape: .text(pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"),
      write: { YAMLText.flow($0) }
    ) {
      scalar in
      let isToken =
        !scalar.text.isEmpty
        && scalar.text.utf8.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
          default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
          }
        }
      return isToken ? scalar.text : nil
    }
  }
}
