import Telemetry

/// The step between ``Admission/enter(_:policy:now:)`` and ``Admission/identify(_:as:policy:now:)`` for guards that may have to ask
/// somebody: what comes of them is counted and refused here, by the same rules and words as everywhere.
extension Admission {
  private static var failures: String { "failures" }

  /// Refuses an address that has presented too many wrong credentials, before another is looked at.
  public func mayTry(_ request: AdmissionRequest, policy: RoutePolicy, now: Moment) throws(Refusal) {
    guard let limit = policy.failures else { return }
    let budget = rates.peek(LimitKey(Self.failures, .address(request.client.key)), limit, now: now.monotonic)
    guard budget.allowed else {
      throw Refusal(
        .rateLimited, retryAfter: max(1, Budget.seconds(budget.retryAfter)), budget: budget, event: .authBlockedRateLimit(ip: request.ip))
    }
  }

  /// Who is calling, by what the guards of the route said; nil for a client that has no credential and needs none.
  public func settle(
    _ identification: Identification, _ request: AdmissionRequest, policy: RoutePolicy, now: Moment
  ) throws(Refusal) -> Caller? {
    let failure: CredentialError
    switch identification {
    case .caller(let caller):
      guard caller.routes?.contains(policy.route) ?? true else {
        throw Refusal(.forbidden, event: .authFailedInvalidToken(ip: request.ip, error: "route_not_allowed"))
      }
      return caller
    case .absent where request.credential?.isEmpty ?? true:
      guard policy.credentialRequired else { return nil }
      throw Refusal(.unauthorized, event: .authFailedNoToken(ip: request.ip))
    case .unavailable(let error):
      throw Refusal(.authenticationUnavailable, event: .authUnavailable(ip: request.ip, error: error.name))
    case .refused(let error): failure = error
    // It presented something, though nothing that a method of this route looks at.
    case .absent: failure = CredentialError("misplaced")
    case .ask: failure = CredentialError("undecided")
    }
    if let limit = policy.failures {
      _ = rates.take(LimitKey(Self.failures, .address(request.client.key)), limit, now: now.monotonic)
    }
    throw Refusal(
      .unauthorized, message: "Invalid or expired token", closeReason: request.place == .authorization ? "Unauthorized" : "Invalid token",
      challenge: #"Bearer error="invalid_token""#, event: .authFailedInvalidToken(ip: request.ip, error: failure.name))
  }
}
