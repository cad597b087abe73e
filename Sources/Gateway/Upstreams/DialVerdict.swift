/// What a failed dial says of the endpoint and of the credential, and where to go on.
///
/// All of it happens before the client has its 101, so nothing of the client's can be lost or doubled; what comes of the client meanwhile
/// waits in its own connection.
struct DialVerdict: Sendable, Equatable {
  enum Credential: Sendable, Equatable {
    case innocent
    /// Refused: it rests, unless there is a newer one.
    case refused
    /// Throttled, for as many seconds as the upstream says, if it says so.
    case throttled(seconds: Int?)
  }

  enum Next: Sendable, Equatable {
    /// With another credential.
    case samePlace
    case otherPlace
    /// It is the request itself that is not taken.
    case nowhere
  }

  let endpoint: CircuitBreaker.Outcome
  let credential: Credential
  let next: Next
}

extension DialFailure {
  var verdict: DialVerdict {
    switch self {
    case .cancelled: DialVerdict(endpoint: .unknown, credential: .innocent, next: .nowhere)
    case .unresolved, .unreachable, .timedOut, .tls, .badHandshake, .closedEarly:
      DialVerdict(endpoint: .failed, credential: .innocent, next: .otherPlace)
    case .initRefused, .noToken: DialVerdict(endpoint: .answered, credential: .innocent, next: .otherPlace)
    case .refused(let status, let retryAfter):
      switch status {
      // No money is as good as no key.
      case 401, 402: DialVerdict(endpoint: .answered, credential: .refused, next: .samePlace)
      case 429: DialVerdict(endpoint: .answered, credential: .throttled(seconds: retryAfter), next: .samePlace)
      // The key may not, or nobody may: another key finds out, and this one is as good as before for others.
      case 403: DialVerdict(endpoint: .answered, credential: .innocent, next: .samePlace)
      case 408, 500...: DialVerdict(endpoint: .failed, credential: .innocent, next: .otherPlace)
      default: DialVerdict(endpoint: .answered, credential: .innocent, next: .nowhere)
      }
    }
  }
}
