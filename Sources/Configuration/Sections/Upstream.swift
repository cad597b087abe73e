import YAML

/// A voice vendor's server, as the operator uses it.
public struct Upstream: Section, Equatable {
  /// Name in the catalogue or under `vendors`.
  public var vendor: String?
  /// A server that is nothing but its address: everything passes as it is.
  public var url: WebSocketURL?
  /// The credentials in the order of the file.
  public var credentials: [PooledCredential] = []
  public var region: String?
  public var variables: [String: ConfiguredText] = [:]
  public var query = UpstreamQuery()
  public var headers: [String: ConfiguredText] = [:]
  public var tls = UpstreamTLS()
  public var timeouts = UpstreamTimeouts()
  public var fallbacks: [String] = []
  /// Other places of the same upstream, in the order of the file.
  public var endpoints: [UpstreamEndpoint] = []
  /// Whether a short-lived token is had for the credential; nil where the vendor's descriptor says.
  public var exchange: Bool?
  public var circuit = Switched.on(CircuitSettings())
  public var coolDown = Duration.seconds(60)
  public var refresh = Switched.on(Duration.seconds(60))
  public var trace = Trace.off
  /// Nil where every session of the gateway has one of the vendor's.
  public var handover: HandoverSettings?

  public enum Trace: String, CaseIterable, Sendable { case off, on }

  public init() {}

  /// The first credential.
  public var credential: SecretReference? { credentials.first?.secret }

  public static let section = SectionDescription<Upstream>(
    "Upstream",
    "A server that routes lead to: an entry of the vendor catalogue with the operator's credential, or any WebSocket server by its URL.",
    fields: [
      Field("vendor", \.vendor, .text, "Name in the catalogue, such as `deepgram.listen` (see `voxgate vendors`), or under `vendors`."),
      Field(
        "url", \.url, .webSocketURL,
        """
        Address of a WebSocket server that needs no description; every message passes unchanged. `ws://` is refused in production \
        unless the host is private.
        """),
      Field(
        "credential", typeName: "secret reference", shape: ValueType<SecretReference>.secret.shape,
        "The vendor's key. It goes where the vendor's descriptor says and nowhere else."
      ) {
        upstream, node, place, reader in
        if let secret = ValueType<SecretReference>.secret.read(node, place, nil, &reader) {
          upstream.credentials = [PooledCredential(secret)]
        }
      },
      Field(
        "credentials", \.credentials, .list(of: .pooledCredential, noun: "credential", atLeast: 1),
        "A pool of keys: each session has one of them, by `weight` and as many at a time as `concurrent` allows. Described in Upstreams.md."
      ),
      Field(
        "cool_down", \.coolDown, .duration(.seconds(1) ... .seconds(86_400)),
        """
        How long a key rests that the upstream refused (401, 402) or throttled (429) while there are others; a `Retry-After` of the \
        upstream counts instead.
        """),
      Field(
        "refresh", \.refresh, .off(or: .duration(.seconds(1) ... .seconds(86_400))),
        """
        How often keys from `file` and `command` are read again; also done when the upstream refuses one. One that cannot be read \
        leaves the earlier one in force.
        """),
      Field(
        "exchange", \.exchange, .boolean,
        """
        Whether the gateway has a short-lived token made for each key and gives the upstream that instead. Unless given, where the vendor \
        takes nothing else.
        """),
      Field("region", \.region, .text, "One of the vendor's regions; the vendor's own default unless given."),
      Field("variables", \.variables, .configuredTexts(noun: "variable"), "Values for the placeholders in the vendor's URL and headers."),
      Field("query", \.query, .section, "Query parameters of the upstream URL."),
      Field(
        "headers", \.headers, .configuredTexts(noun: "header"),
        "Further headers of the upgrade request. A header that carries a credential takes a secret reference."),
      Field("tls", \.tls, .section, "Whom to trust. The host is always verified."),
      Field("timeouts", \.timeouts, .section, "Instead of the route's."),
      Field(
        "trace", \.trace, .choice,
        """
        Whether the upgrade request carries the session's `traceparent` and `tracestate` (W3C Trace Context). For servers of your own: \
        whoever else gets them can tell which of their sessions belong to one of your traces.
        """),
      Field(
        "endpoints", \.endpoints, .list(of: .section, noun: "endpoint"),
        "Further places of this upstream, tried in this order when the one above cannot take a session."),
      Field(
        "fallbacks", \.fallbacks, .list(of: .text),
        "Other upstreams, tried in this order after all endpoints of this one. They must speak what its clients speak."),
      Field("handover", \.handover, .section, "Whether a session of the gateway may have several of the vendor's, one after the other."),
      Field(
        "circuit", \.circuit, .off(or: .section),
        "When an endpoint that fails is left alone for a while. `off` dials it whatever happens."),
    ],
    rules: [.exactlyOne(["vendor", "url"]), .atMostOne(["credential", "credentials"])]
  ) { upstream, node, place, reader in
    if node["url"] != nil, node["vendor"] == nil, let entry = node.entry("credential") ?? node.entry("credentials") {
      reader.error(
        "\(place.owner) has a 'url', so nothing says where its credential goes; name a 'vendor', or use 'headers'", at: entry.key.start)
    }
    var references: Set<SecretReference> = []
    for (index, credential) in upstream.credentials.enumerated() where !references.insert(credential.secret).inserted {
      let mark = node["credentials"]?.sequence.flatMap { $0.indices.contains(index) ? $0[index].start : nil }
      reader.error("\(credential.secret) is in the credentials of \(place.owner) twice; give it one 'weight'", at: mark)
    }
    for (index, endpoint) in upstream.endpoints.enumerated() {
      let item = node["endpoints"]?.sequence.flatMap { $0.indices.contains(index) ? $0[index] : nil }
      if upstream.vendor == nil, endpoint.url == nil {
        reader.error("endpoint \(index + 1) of \(place.owner) needs a 'url', since the upstream has one", at: item?.start)
      }
      if upstream.vendor != nil, endpoint.url != nil {
        reader.error(
          "endpoint \(index + 1) of \(place.owner) has a 'url', and the vendor says that; use 'region' or 'variables'", at: item?.start)
      }
    }
  }
}

/// Query parameters of an upstream URL.
public struct UpstreamQuery: Section, Equatable {
  public var defaults: [String: [String]] = [:]
  public var forced: [String: [String]] = [:]

  public init() {}

  public static let section = SectionDescription<UpstreamQuery>(
    "UpstreamQuery", "Query parameters of the upstream URL, over those of the vendor's descriptor.",
    fields: [
      Field("defaults", \.defaults, .parameters, "Sent unless the client gives the parameter. A list repeats it."),
      Field("forced", \.forced, .parameters, "Sent whatever the client gives."),
    ])
}

/// Trust towards an upstream.
public struct UpstreamTLS: Section, Equatable {
  public var ca: String?

  public init() {}

  public static let section = SectionDescription<UpstreamTLS>(
    "UpstreamTLS", "Trust towards an upstream. TLS 1.2 at least; the host is always verified.",
    fields: [Field("ca", \.ca, .path, "PEM file of authorities to trust instead of the system's.")])
}

/// Timeouts that belong to an upstream rather than to a route.
public struct UpstreamTimeouts: Section, Equatable {
  public var dial: Duration?
  public var ready: Duration?

  public init() {}

  public static let section = SectionDescription<UpstreamTimeouts>(
    "UpstreamTimeouts", "Timeouts of an upstream; the route's unless given.",
    fields: [
      Field("dial", \.dial, .duration(.milliseconds(100) ... .seconds(60)), "From the name to the answered upgrade."),
      Field(
        "ready", \.ready, .duration(.milliseconds(100) ... .seconds(120)),
        "From the upgrade to the message with which the vendor says that it is ready."),
    ])
}

extension ValueType where Value == [String: [String]] {
  /// Query parameters. A literal where a credential belongs is refused and not shown.
  static var parameters: ValueType {
    let map = ValueType.map(of: .list(of: .anyText, single: true), noun: "parameter")
    return ValueType("mapping of name to text or list of text", shape: map.shape, write: map.write) { node, place, current, reader in
      for entry in node.mapping ?? [] where SecretName.isLikely(entry.name) {
        reader.conceal(entry.value)
        reader.error(
          "\(place.entry(entry.name, noun: "parameter").owner) must not be written here; a secret goes into 'credential'",
          at: entry.value.start)
      }
      return map.read(node, place, current, &reader)
    }
  }
}
