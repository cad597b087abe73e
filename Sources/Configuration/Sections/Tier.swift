import YAML

/// How much somebody may use.
public struct Tier: Section, Equatable {
  public var opens = Scoped<RateLimit>()
  public var concurrent = Scoped<Int>()
  public var messages = Scoped<RateLimit>()
  public var bytes = Scoped<Rate>()
  public var audio = Scoped<[Rate]>()
  public var usage = Scoped<[Rate]>()
  public var sessionLength = Switched<Duration>.off
  public var warn = Duration.seconds(30)
  public var grace = Duration.seconds(30)

  public init() {}

  public static let section = SectionDescription<Tier>(
    "Tier",
    """
    Limits, each per client address, per authenticated subject, per API key, per route, or for the whole gateway. What is not given is \
    not limited.
    """,
    fields: [
      Field(
        "opens", \.opens, .scoped(.rateLimit),
        "Sessions opened in a window, refused attempts included. Beyond it: 429 with `Retry-After`."),
      Field("concurrent", \.concurrent, .scoped(.integer(1...1_000_000)), "Sessions open at the same time. Beyond it: 429."),
      Field(
        "session_length", \.sessionLength, .off(or: .duration(.seconds(1) ... .seconds(7 * 86_400))),
        "The longest a session may last; the shorter of this and the route's `timeouts.session` counts."),
      Field("messages", \.messages, .scoped(.rateLimit), "Messages from the client."),
      Field("bytes", \.bytes, .scoped(.byteRate), "Bytes from the client, after inflation."),
      Field(
        "audio", \.audio, .scoped(.list(of: .audioRate, single: true)),
        "Audio from the client: `60s/1m`, or a list such as `[60s/1m, 2h/1d]`."),
      Field(
        "usage", \.usage, .scoped(.list(of: .rate, single: true)),
        """
        What the vendor bills, as its usage messages say: `100000/1d`. A token, a character and a second are one each. Where the vendor \
        reports nothing, the text or the audio that it is sent. Described in Conduct.md.
        """),
      Field(
        "warn", \.warn, .duration(.zero ... .seconds(600)),
        """
        How much audio, or of `session_length`, is left when the client is told that a close is near; of anything else it is a tenth. \
        0s: not at all.
        """),
      Field(
        "grace", \.grace, .duration(.zero ... .seconds(600)),
        """
        How long a turn that is under way may go on beyond the limit on audio, usage or session length, with vendors that say when a turn \
        is over. The session ends with the turn, at the latest then. 0s: at once, in mid sentence.
        """),
    ])
}

/// A limit per kind of caller.
public struct Scoped<Limit: Sendable>: Sendable {
  public var ip: Limit?
  public var subject: Limit?
  public var apiKey: Limit?
  public var route: Limit?
  public var gateway: Limit?

  public init(ip: Limit? = nil, subject: Limit? = nil, apiKey: Limit? = nil, route: Limit? = nil, gateway: Limit? = nil) {
    self.ip = ip
    self.subject = subject
    self.apiKey = apiKey
    self.route = route
    self.gateway = gateway
  }
}

extension Scoped: Equatable where Limit: Equatable {}

extension ValueType {
  /// A mapping of `ip`, `subject`, `api_key`, `route` and `gateway` to a limit.
  static func scoped<Limit: Sendable>(_ limit: ValueType<Limit>) -> ValueType where Value == Scoped<Limit> {
    let name = "Per\(limit.name.split(whereSeparator: { !$0.isLetter }).map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined())"
    let section = SectionDescription<Scoped<Limit>>(
      name, "One limit of the form *\(limit.name)* for each kind of caller.",
      fields: [
        Field("ip", \.ip, limit, "Per client address (IPv6: per /64 network)."),
        Field("subject", \.subject, limit, "Per authenticated subject."),
        Field("api_key", \.apiKey, limit, "Per API key."),
        Field("route", \.route, limit, "For the route as a whole."),
        Field("gateway", \.gateway, limit, "For the gateway as a whole."),
      ])
    return ValueType(name, shape: .section(name: name) { section.shape(defaults: Scoped()) }) { node, place, current, reader in
      reader.read(section, from: node, at: place, base: current ?? Scoped())
    }
  }
}

/// A rate with what may come at once.
public struct RateLimit: Section, Equatable {
  public var rate = Rate(count: 1, window: .seconds(1))
  /// How many may come at once; nil for as many as the rate counts.
  public var burst: Int?

  public init() {}

  public init(_ rate: Rate, burst: Int? = nil) {
    self.rate = rate
    self.burst = burst
  }

  public static let section = SectionDescription<RateLimit>(
    "RateLimit", "A rate with a burst of its own; `10/1m` alone allows all ten at once.",
    fields: [
      Field("rate", \.rate, .rate, required: true, "So many in so long a time, such as `10/1m`."),
      Field("burst", \.burst, .integer(1...1_000_000), "How many may come at once. As many as the rate counts, unless given."),
    ])
}

extension ValueType where Value == RateLimit {
  /// `10/1m`, or a mapping with a burst.
  static var rateLimit: ValueType {
    ValueType<Rate>.rate.map({ RateLimit($0) }, back: { $0.burst == nil ? $0.rate : nil }).or(.section) { $0.mapping != nil }
  }
}
