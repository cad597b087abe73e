import JSON

/// What an operator may see of the upstreams. No secret is in it: a credential is named by where it comes from.
extension UpstreamTable {
  /// The upstreams of a configuration, as they are now.
  func report(_ upstreams: [UpstreamService]) -> JSONValue {
    .array(upstreams.sorted { $0.name < $1.name }.map { report($0) })
  }

  private func report(_ upstream: UpstreamService) -> JSONValue {
    let now = Self.now
    let circuits = upstream.endpoints.map { ($0, circuit(Place(upstream: upstream.name, endpoint: $0))) }
    let states = circuits.map { $0.1.state(at: now) }
    let state: String
    if upstream.lacksCredential {
      state = "no_credential"
    } else if let best = states.min(by: { $0.level < $1.level }) {
      state = best.name
    } else {
      state = "closed"
    }
    return [
      "name": .string(upstream.name), "vendor": upstream.descriptor.map { .string($0.name) } ?? .null,
      "simulated": .bool(upstream.isSimulated), "state": .string(state),
      "endpoints": .array(circuits.map { name, circuit in report(name, circuit, now) }),
      // What a simulator demands is nobody's.
      "credentials": .array(upstream.isSimulated ? [] : upstream.credentials.map { report($0, of: upstream.name, now) }),
    ]
  }

  private func report(_ name: String, _ circuit: CircuitBreaker, _ now: UInt64) -> JSONValue {
    var rest: JSONValue = .null
    if case .open(let until) = circuit.state(at: now) { rest = .int(Self.seconds(until, now)) }
    return [
      "endpoint": .string(name), "state": .string(circuit.state(at: now).name), "failures": .int(Int64(circuit.failureCount)),
      "rest_seconds": rest,
    ]
  }

  private func report(_ credential: UpstreamService.Credential, of upstream: String, _ now: UInt64) -> JSONValue {
    let state = self.credential(credential.reference, of: upstream)
    let isResting = state.restsUntil > now
    let word = credential.secret.secret == nil ? "missing" : isResting ? "resting" : "ready"
    return [
      "source": .string(credential.reference.description), "state": .string(word), "weight": .int(Int64(credential.weight)),
      "sessions": .int(Int64(state.inUse)), "concurrent": credential.concurrent.map { .int(Int64($0)) } ?? .null,
      "rest_seconds": isResting ? .int(Self.seconds(state.restsUntil, now)) : .null,
      "error": credential.secret.failure.map { .string($0.description) } ?? .null,
    ]
  }

  /// Begun ones count.
  private static func seconds(_ until: UInt64, _ now: UInt64) -> Int64 {
    Int64(clamping: (until - min(until, now)) / 1_000_000_000 + 1)
  }
}

extension CircuitBreaker.State {
  var name: String {
    switch self {
    case .closed: "closed"
    case .halfOpen: "half_open"
    case .open: "open"
    }
  }
}
