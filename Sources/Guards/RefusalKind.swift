extension Refusal {
  /// Every way to be refused. The raw value is the stable type of the answer.
  public enum Kind: String, Sendable, CaseIterable {
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case upgradeRequired = "upgrade_required"
    case badRequest = "bad_request"
    case headTimeout = "head_timeout"
    case headTooLarge = "head_too_large"
    case forbiddenNetwork = "forbidden_network"
    case forbiddenOrigin = "forbidden_origin"
    case forbidden
    case unauthorized
    case authenticationUnavailable = "authentication_unavailable"
    case rateLimited = "rate_limited"
    case tooManySessions = "too_many_sessions"
    case disabled
    case draining
    case overCapacity = "over_capacity"
    case circuitOpen = "circuit_open"
    case misconfigured
    case upstreamRefused = "upstream_refused"
    case upstreamUnreachable = "upstream_unreachable"
    case upstreamTimeout = "upstream_timeout"
    case internalError = "internal_error"

    public var status: Int {
      switch self {
      case .notFound: 404
      case .methodNotAllowed: 405
      case .upgradeRequired: 426
      case .badRequest: 400
      case .headTimeout: 408
      case .headTooLarge: 431
      case .forbiddenNetwork, .forbiddenOrigin, .forbidden: 403
      case .unauthorized: 401
      case .rateLimited, .tooManySessions: 429
      case .authenticationUnavailable, .disabled, .draining, .overCapacity, .circuitOpen, .misconfigured: 503
      case .upstreamRefused, .upstreamUnreachable: 502
      case .upstreamTimeout: 504
      case .internalError: 500
      }
    }

    var message: String {
      switch self {
      case .notFound: "No such path"
      case .methodNotAllowed: "Method not allowed"
      case .upgradeRequired: "This path speaks WebSocket"
      case .badRequest: "Not a valid WebSocket opening"
      case .headTimeout: "The request head did not come in time"
      case .headTooLarge: "The request head is too large"
      case .forbiddenNetwork: "Network not allowed"
      case .forbiddenOrigin: "Origin not allowed"
      case .forbidden: "Not allowed on this route"
      case .unauthorized: "Authentication required"
      case .authenticationUnavailable: "Authentication unavailable, try again later"
      case .rateLimited: "Too many requests"
      case .tooManySessions: "Too many concurrent sessions"
      case .disabled: "Service disabled"
      case .draining: "Shutting down, try again"
      case .overCapacity: "Over capacity, try again later"
      case .circuitOpen: "Upstream unavailable, try again later"
      case .misconfigured: "Server configuration error"
      case .upstreamRefused: "Upstream refused the session"
      case .upstreamUnreachable: "Upstream could not be reached"
      case .upstreamTimeout: "Upstream did not answer in time"
      case .internalError: "Internal error"
      }
    }

    /// Nil for what can only happen where there is no route, and so no `refuse: close`.
    var closeCode: UInt16? {
      switch self {
      case .notFound, .methodNotAllowed, .upgradeRequired, .badRequest, .headTimeout, .headTooLarge: nil
      case .forbiddenNetwork, .forbiddenOrigin, .forbidden, .unauthorized: 1008
      case .authenticationUnavailable, .rateLimited, .tooManySessions, .disabled, .draining, .overCapacity, .circuitOpen: 1013
      case .misconfigured, .upstreamRefused, .upstreamUnreachable, .upstreamTimeout, .internalError: 1011
      }
    }

    /// Upstream trouble has one text for all: which it was is for the log.
    var closeReason: String {
      switch self {
      case .upstreamRefused, .upstreamUnreachable, .upstreamTimeout, .internalError: "Proxy error"
      default: message
      }
    }

    /// Seconds, for what passes by itself. A limit knows better and says so.
    var retryAfter: Int? {
      switch self {
      case .rateLimited, .disabled, .misconfigured: 60
      case .authenticationUnavailable, .tooManySessions, .overCapacity, .circuitOpen: 10
      case .draining: 1
      default: nil
      }
    }
  }
}
