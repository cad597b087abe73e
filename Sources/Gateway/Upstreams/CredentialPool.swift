import Configuration

/// Which of an upstream's credentials a session has, and how many have each. A value without I/O.
///
/// Sessions are shared out by weight, smoothly: 2 and 1 make `a b a`, not `a a b`. A credential that the upstream has refused or throttled
/// rests while there are others. Times are nanoseconds of a clock that never goes back. What there is to choose from comes with every
/// call, since a reload may change it; what is known of a credential stays.
struct CredentialPool<ID: Hashable & Sendable>: Sendable {
  /// A credential as configured.
  struct Entry: Sendable {
    let id: ID
    /// Share of the sessions.
    var weight = 1
    /// Most sessions at a time; nil for no limit.
    var concurrent: Int?
  }

  enum Choice: Equatable {
    case taken(ID)
    /// Every one has as many sessions as it may.
    case busy
    /// The upstream wants none of them used for so many nanoseconds.
    case resting(wait: UInt64)
    /// There is none that was not tried.
    case none
  }

  struct State: Equatable {
    var inUse = 0
    var restsUntil: UInt64 = 0
    /// The upstream has named the time itself.
    var isTold = false
    fileprivate var current = 0
  }

  private var states: [ID: State] = [:]

  func state(of id: ID) -> State { states[id] ?? State() }

  /// Takes one for a session; it is to be given back with ``release(_:)``.
  ///
  /// One that rests is taken when there is nothing else, unless the upstream itself has named the time: a rest of our own choice shall not
  /// make a lesser trouble a greater one.
  ///
  /// - Parameter tried: not these.
  mutating func take(among entries: [Entry], except tried: Set<ID> = [], now: UInt64) -> Choice {
    let untried = entries.filter { !tried.contains($0.id) }
    guard !untried.isEmpty else { return .none }
    let free = untried.filter { entry in entry.concurrent.map { state(of: entry.id).inUse < $0 } ?? true }
    guard !free.isEmpty else { return .busy }
    let awake = free.filter { state(of: $0.id).restsUntil <= now }
    if let id = next(awake) { return take(id) }
    let mild = free.filter { !state(of: $0.id).isTold }
    if let soonest = mild.min(by: { state(of: $0.id).restsUntil < state(of: $1.id).restsUntil }) { return take(soonest.id) }
    let until = free.map { state(of: $0.id).restsUntil }.min() ?? now
    return .resting(wait: until - min(until, now))
  }

  /// Smooth weighted round robin: each gains its weight, the richest is taken and pays for all.
  private mutating func next(_ entries: [Entry]) -> ID? {
    var best: ID?
    var total = 0
    for entry in entries {
      total += entry.weight
      states[entry.id, default: State()].current += entry.weight
      if best.map({ state(of: entry.id).current > state(of: $0).current }) ?? true { best = entry.id }
    }
    if let best { states[best, default: State()].current -= total }
    return best
  }

  private mutating func take(_ id: ID) -> Choice {
    states[id, default: State()].inUse += 1
    return .taken(id)
  }

  /// A session has ended.
  mutating func release(_ id: ID) {
    guard let state = states[id], state.inUse > 0 else { return }
    states[id]?.inUse -= 1
  }

  /// The upstream wants no more of it for a while; a later end counts.
  ///
  /// - Parameter isTold: whether the upstream said for how long.
  mutating func rest(_ id: ID, until: UInt64, isTold: Bool) {
    var state = state(of: id)
    guard until > state.restsUntil else { return }
    (state.restsUntil, state.isTold) = (until, isTold)
    states[id] = state
  }

  /// It is another secret than before, or has proved good.
  mutating func wake(_ id: ID) {
    states[id]?.restsUntil = 0
    states[id]?.isTold = false
  }
}
