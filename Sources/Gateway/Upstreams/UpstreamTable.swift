import Configuration
import NIOCore
import Synchronization
import TLS
import Tokens
import Vendors

/// What is known of upstreams beyond one session: circuits, credentials in use and at rest, tokens, secrets as they are now.
///
/// There is one per process, and it outlives every reload: upstreams and endpoints are known by their names, credentials by where they
/// come from. What they are allowed comes with each call, from the configuration that the caller's session has.
final class UpstreamTable: Sendable {
  /// An endpoint of an upstream, by their names in logs and metrics.
  struct Place: Hashable, Sendable {
    let upstream: String
    /// Host and port.
    let endpoint: String
  }

  /// Why a place is left out.
  enum Obstacle: Sendable, Equatable {
    /// Left alone for so many nanoseconds.
    case circuit(wait: UInt64)
    /// Every credential has as many sessions as it may.
    case busy
    /// The upstream wants no credential used for so many nanoseconds.
    case resting(wait: UInt64)
    /// Every credential was tried.
    case exhausted
  }

  private struct TokenKey: Hashable {
    let place: Place
    let secret: Fingerprint
  }

  private struct State {
    var circuits: [Place: CircuitBreaker] = [:]
    var pools: [String: CredentialPool<SecretReference>] = [:]
    var secrets: [SecretReference: RotatingSecret] = [:]
    var tokens = TokenCache<TokenKey>()
    var flights: [TokenKey: Task<Result<Endpoint.Token, DialFailure>, Never>] = [:]
  }

  private let state = Mutex(State())
  /// Trust towards upstreams, with what can be resumed there.
  let contexts = ClientContexts()

  /// Nanoseconds of the clock that all of this goes by.
  static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

  // MARK: Circuits

  /// Asks for the right to dial; a permit has to be settled.
  func ask(_ place: Place, _ settings: CircuitSettings?) -> CircuitBreaker.Answer {
    state.withLock { $0.circuits[place, default: CircuitBreaker()].ask(settings, now: Self.now) }
  }

  /// - Returns: the circuit before and after.
  func settle(
    _ place: Place, _ permit: CircuitBreaker.Permit, _ outcome: CircuitBreaker.Outcome, _ settings: CircuitSettings?
  ) -> (before: CircuitBreaker.State, after: CircuitBreaker.State) {
    let now = Self.now
    return state.withLock { state in
      let before = state.circuits[place, default: CircuitBreaker()].state(at: now)
      state.circuits[place, default: CircuitBreaker()].settle(permit, outcome, settings, now: now)
      return (before, state.circuits[place, default: CircuitBreaker()].state(at: now))
    }
  }

  func circuit(_ place: Place) -> CircuitBreaker { state.withLock { $0.circuits[place] ?? CircuitBreaker() } }

  // MARK: Credentials

  /// Takes a credential of an upstream for a session.
  ///
  /// - Parameter tried: not these.
  func take(of upstream: UpstreamService, except tried: Set<SecretReference>) -> Result<CredentialLease, ObstacleError> {
    let usable = upstream.credentials.compactMap { credential in credential.secret.secret.map { (credential, $0) } }
    let entries = usable.map { CredentialPool.Entry(id: $0.0.reference, weight: $0.0.weight, concurrent: $0.0.concurrent) }
    let name = upstream.name
    let choice = state.withLock { $0.pools[name, default: CredentialPool()].take(among: entries, except: tried, now: Self.now) }
    switch choice {
    case .taken(let reference):
      let secret = usable.first { $0.0.reference == reference }?.1 ?? Secret("")
      return .success(CredentialLease(reference, secret) { [self] in state.withLock { $0.pools[name]?.release(reference) } })
    case .busy: return .failure(ObstacleError(.busy))
    case .resting(let wait): return .failure(ObstacleError(.resting(wait: wait)))
    case .none: return .failure(ObstacleError(.exhausted))
    }
  }

  struct ObstacleError: Error {
    let obstacle: Obstacle
    init(_ obstacle: Obstacle) { self.obstacle = obstacle }
  }

  /// A credential rests from now on.
  ///
  /// - Parameter isTold: whether the upstream said for how long.
  func rest(_ reference: SecretReference, of upstream: String, for duration: Duration, isTold: Bool) {
    let until = Self.now.advanced(by: duration)
    state.withLock { $0.pools[upstream, default: CredentialPool()].rest(reference, until: until, isTold: isTold) }
  }

  /// It has opened a session.
  func proved(_ reference: SecretReference, of upstream: String) {
    state.withLock { $0.pools[upstream]?.wake(reference) }
  }

  func credential(_ reference: SecretReference, of upstream: String) -> CredentialPool<SecretReference>.State {
    state.withLock { $0.pools[upstream]?.state(of: reference) ?? CredentialPool.State() }
  }

  // MARK: Secrets

  /// The secret behind a reference, as it was last read; a new one has not been.
  func secret(_ reference: SecretReference) -> RotatingSecret {
    state.withLock { state in
      if let known = state.secrets[reference] { return known }
      let new = RotatingSecret(reference)
      state.secrets[reference] = new
      return new
    }
  }

  /// Puts in force what a configuration has read.
  func adopt(_ readings: [StagedSecret], environment: [String: String]) {
    for reading in readings where reading.secret.adopt(reading.result, environment: environment, now: Self.now) == .changed {
      wake(reading.secret.reference)
    }
  }

  /// Reads a secret again.
  func refresh(_ secret: RotatingSecret) async -> RotatingSecret.Reading {
    let reading = await secret.refresh()
    if reading == .changed { wake(secret.reference) }
    return reading
  }

  /// It is another one than before: whatever was held against it does not count.
  func wake(_ reference: SecretReference) {
    state.withLock { state in
      for name in state.pools.keys { state.pools[name]?.wake(reference) }
    }
  }

  // MARK: Tokens

  /// The token for a key: one that is kept, or a new one.
  ///
  /// - Parameter fetch: has one made. It must end by itself.
  func token(
    for secret: String, at place: Place, isSingleUse: Bool, fetch: @escaping @Sendable () async -> Result<Endpoint.Token, DialFailure>
  ) async -> Result<String, DialFailure> {
    let key = TokenKey(place: place, secret: Fingerprint(of: secret))
    let (kept, flight): (String?, Task<Result<Endpoint.Token, DialFailure>, Never>?) = state.withLock { state in
      switch state.tokens.ask(key, isSingleUse: isSingleUse, now: Self.now) {
      case .use(let value): return (value, nil)
      case .wait: return (nil, state.flights[key])
      case .fetch where isSingleUse: return (nil, nil)
      case .fetch:
        // A task of its own: the session that happened to be first may end, the others still wait.
        let task = Task { [self] in
          let result = await fetch()
          self.state.withLock { state in
            state.tokens.receive(try? result.get(), for: key, now: Self.now)
            state.flights[key] = nil
          }
          return result
        }
        state.flights[key] = task
        return (nil, task)
      }
    }
    if let kept { return .success(kept) }
    guard let flight else { return await fetch().map(\.value) }
    return await flight.value.map(\.value)
  }

  /// A token was refused.
  ///
  /// - Returns: whether a fresh one may do better.
  func refused(token: String, for secret: String, at place: Place) -> Bool {
    state.withLock { $0.tokens.drop(token, of: TokenKey(place: place, secret: Fingerprint(of: secret))) }
  }
}
