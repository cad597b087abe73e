import Configuration

/// A tier as the guards enforce it: its limits in a row, the narrow scopes first, so that what one client may not have is not taken from
/// all.
///
/// Counts go by the name of the tier: routes that share a tier share its counts, except those of the scope `route`.
public struct TierPolicy: Sendable, Equatable {
  /// How much one scope may have.
  public struct Limit<Most: Sendable & Equatable>: Sendable, Equatable {
    /// Names the count; limits of one name share it.
    public let name: String
    public let scope: LimitScope
    public let most: Most

    public init(_ name: String, per scope: LimitScope, _ most: Most) {
      self.name = name
      self.scope = scope
      self.most = most
    }
  }

  /// How often sessions may be opened.
  public typealias Opens = Limit<Allowance>
  /// How many sessions may be open at once.
  public typealias Sessions = Limit<Int>

  /// How much may happen inside sessions.
  public struct Metering: Sendable, Equatable {
    public let measure: Measure
    /// Names the meter; limits of one name, measure and period share it.
    public let name: String
    public let scope: LimitScope
    public let rate: Allowance

    public init(_ measure: Measure, _ name: String, per scope: LimitScope, _ rate: Allowance) {
      self.measure = measure
      self.name = name
      self.scope = scope
      self.rate = rate
    }
  }

  public var name: String
  public var opens: [Opens] = []
  public var sessions: [Sessions] = []
  public var meters: [Metering] = []
  /// The longest a session may last; nil for as long as its route allows.
  public var sessionLength: Duration?
  /// How long before a hard end the client is told; zero for never.
  public var warn = Duration.seconds(30)
  /// How long a turn under way may go on beyond a limit.
  public var grace = Duration.seconds(30)

  /// A tier without limits.
  public init(_ name: String) {
    self.name = name
  }

  /// A tier as the route table writes it.
  public init(_ name: String, _ tier: Tier) {
    self.name = name
    opens = tier.opens.limits.map { Opens(name, per: $0, Allowance($1)) }
    sessions = tier.concurrent.limits.map { Sessions(name, per: $0, $1) }
    meters += tier.messages.limits.map { Metering(.messages, name, per: $0, Allowance($1)) }
    meters += tier.bytes.limits.map { Metering(.bytes, name, per: $0, Allowance(RateLimit($1))) }
    for (measure, lists) in [(Measure.audio, tier.audio), (.usage, tier.usage)] {
      for (scope, rates) in lists.limits {
        meters += Self.distinct(rates).map { Metering(measure, name, per: scope, Allowance(RateLimit($0))) }
      }
    }
    sessionLength = tier.sessionLength.value
    warn = tier.warn
    grace = tier.grace
  }

  /// Of two limits on one window, the tighter alone matters.
  private static func distinct(_ rates: [Rate]) -> [Rate] {
    var tightest: [Rate] = []
    for rate in rates {
      if let index = tightest.firstIndex(where: { $0.window == rate.window }) {
        tightest[index].count = min(tightest[index].count, rate.count)
      } else {
        tightest.append(rate)
      }
    }
    return tightest
  }

  /// Units left below which the client is to be warned: as much audio as ``warn`` lasts, at most half of what there can be; a tenth of
  /// anything else, which says nothing of time.
  func mark(_ measure: Measure, burst: Int) -> Int {
    guard warn > .zero else { return 0 }
    return measure == .audio ? min(Int(clamping: Int64(warn / .milliseconds(1))), burst / 2) : burst / 10
  }
}

extension Scoped {
  /// What is limited, narrow scopes first.
  var limits: [(LimitScope, Limit)] {
    LimitScope.allCases.compactMap { scope in
      let limit =
        switch scope {
        case .address: ip
        case .subject: subject
        case .apiKey: apiKey
        case .route: route
        case .gateway: gateway
        }
      return limit.map { (scope, $0) }
    }
  }
}
