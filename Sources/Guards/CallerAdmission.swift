import Telemetry

/// The step between ``Admission/enter(_:policy:now:)`` and ``Admission/identify(_:as:policy:now:)``, for guards that may have to ask
/// somebody: what comes of them is counted and refused here, by the same rules and words everywhere.
extension Admission {
  /// Finds out who is calling. Nil when the route asks for no credential, or takes clients without one.
  ///
  /// - Parameters:
  ///   - inquirer: asks whoever a guard wants to be asked.
  ///   - heard: told what each guard that looked at something said of it, in the end.
  public func caller(
    _ evidence: Evidence, _ request: AdmissionRequest, policy: RoutePolicy, by inquirer: Inquirer,
    heard: (_ method: String, Identification) -> Void = { _, _ in }, now: @Sendable () -> Moment
  ) async throws(Refusal) -> Caller? {
    guard !policy.credentials.isEmpty else { return nil }
    // Who presents nothing that could be guessed is not kept out by others' guesses. What `forward` passes on may be anything.
    let isGuess = request.credential?.isEmpty == false || policy.credentials.contains { $0 is ForwardGuard }
    var attempt = isGuess ? try attempt(request, policy: policy, now: now()) : nil
    let identification = await inquirer.identify(evidence, by: policy.credentials, heard: heard, now: now)
    let result: Result<Caller?, Refusal>
    do throws(Refusal) { result = .success(try settle(identification, request, policy: policy, now: now())) } catch {
      result = .failure(error)
    }
    // Not before it is counted as what it was.
    attempt.take()?.release()
    return try result.get()
  }

  /// Refuses an address that has presented too many wrong credentials, before another is looked at. One that is being looked at may be
  /// wrong, and counts as that until its lease is given back: else as many as there is time for could be tried at once.
  func attempt(_ request: AdmissionRequest, policy: RoutePolicy, now: Moment) throws(Refusal) -> Lease? {
    guard let limit = policy.failures else { return nil }
    let key = Self.failures(request)
    let lease: Lease
    do { lease = try attempts.acquire([ConnectionGuard.Claim(key)]) } catch { throw full(error, ip: request.ip) }
    let budget = rates.peek(key, limit, now: now.monotonic)
    guard budget.allowed, lease.sessions <= budget.remaining else {
      // Those that are being looked at are known soon.
      let wait = budget.allowed ? 1 : max(1, Budget.seconds(budget.retryAfter))
      throw Refusal(.rateLimited, retryAfter: wait, budget: budget, event: .authBlockedRateLimit(ip: request.ip))
    }
    return lease
  }

  private static func failures(_ request: AdmissionRequest) -> LimitKey { LimitKey(own: "failures", .address(request.client.key)) }

  /// Who is calling, by what the guards of the route said; nil for a client that has no credential and needs none.
  func settle(
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
      _ = rates.take(Self.failures(request), limit, now: now.monotonic)
    }
    throw Refusal(
      .unauthorized, message: "Invalid or expired token", closeReason: request.place == .authorization ? "Unauthorized" : "Invalid token",
      challenge: #"Bearer error="invalid_token""#, event: .authFailedInvalidToken(ip: request.ip, error: failure.name))
  }
}
