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

  public init() {}

  /// The credential to dial with.
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
        "A pool of keys. Only the first is in effect."),
      Field("region", \.region, .text, "One of the vendor's regions; the vendor's own default unless given."),
      Field("variables", \.variables, .configuredTexts(noun: "variable"), "Values for the placeholders in the vendor's URL and headers."),
      Field("query", \.query, .section, "Query parameters of the upstream URL."),
      Field(
        "headers", \.headers, .configuredTexts(noun: "header"),
        "Further headers of the upgrade request. A header that carries a credential takes a secret reference."),
      Field("tls", \.tls, .section, "Whom to trust. The host is always verified."),
      Field("timeouts", \.timeouts, .section, "Instead of the route's."),
      Field(
        "fallbacks", \.fallbacks, .list(of: .text), availability: .notYet(),
        "Upstreams to try in this order when this one cannot be reached."),
    ],
    rules: [.exactlyOne(["vendor", "url"]), .atMostOne(["credential", "credentials"])]
  ) { upstream, node, place, reader in
    if node["url"] != nil, node["vendor"] == nil, let entry = node.entry("credential") ?? node.entry("credentials") {
      reader.error(
        "\(place.owner) has a 'url', so nothing says where its credential goes; name a 'vendor', or use 'headers'", at: entry.key.start)
    }
    if upstream.credentials.count > 1, let entry = node.entry("credentials") {
      reader.warning("only the first of the credentials of \(place.owner) is in effect", at: entry.key.start)
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
        "ready", \.ready, .duration(.milliseconds(100) ... .seconds(120)), availability: .notYet(),
        "From the upgrade to the vendor's ready event."),
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
