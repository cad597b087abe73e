import Synchronization

/// Finds out who is calling with all guards of a route, and has made for them the requests that they need.
///
/// Of requests that are equal only one is on its way at a time.
public final class Inquirer: Sendable {
  /// Makes a request. It must end by itself: at the latest after the inquiry's timeout, with a failure.
  public typealias Fetch = @Sendable (Inquiry) async -> InquiryAnswer

  /// Most that one client needs: an issuer's document, its keys, and the same once more where they changed in between.
  static let rounds = 4

  private let fetch: Fetch
  private let capacity: Int
  private let flights = Mutex<[Inquiry.Flight: Task<InquiryAnswer, Never>]>([:])

  /// - Parameters:
  ///   - capacity: most requests at once; beyond, callers are told to try later.
  ///   - fetch: makes one.
  public init(capacity: Int = 256, fetch: @escaping Fetch) {
    self.capacity = capacity
    self.fetch = fetch
  }

  /// Requests on their way.
  public var count: Int { flights.withLock { $0.count } }

  /// Asks the guards in order; the first that knows the caller wins.
  ///
  /// - Parameter heard: told what each guard that looked at something said of it, in the end.
  /// - Returns: `.absent` when none has anything to look at; `.unavailable` rather than `.refused` when one of them could not tell. Never
  ///   `.ask`.
  public func identify(
    _ evidence: Evidence, by guards: [any CallerGuard], heard: (_ method: String, Identification) -> Void = { _, _ in },
    now: @Sendable () -> Moment
  ) async -> Identification {
    var outcome = Identification.absent
    for one in guards {
      let said = await answer(of: one, evidence, now)
      if said != .absent { heard(one.method, said) }
      switch said {
      case .caller(let caller): return .caller(caller)
      case .unavailable(let error): outcome = .unavailable(error)
      case .refused(let error): if case .unavailable = outcome { break } else { outcome = .refused(error) }
      case .absent, .ask: break
      }
    }
    return outcome
  }

  private func answer(of one: any CallerGuard, _ evidence: Evidence, _ now: @Sendable () -> Moment) async -> Identification {
    var identification = one.identify(evidence, now: now())
    for _ in 0..<Self.rounds {
      guard case .ask(let inquiry) = identification else { return identification }
      // The guard is not told: nobody has been asked, so nothing is known against them.
      guard let (answer, isFirst) = await fly(inquiry) else { return .unavailable(CredentialError("overloaded")) }
      identification = one.receive(answer, to: inquiry, for: evidence, now: now())
      // Not before the guard has the answer: else somebody who comes in between would ask again.
      if isFirst { flights.withLock { $0[inquiry.flight] = nil } }
    }
    if case .ask = identification { return .unavailable(CredentialError("undecided")) }
    return identification
  }

  private func fly(_ inquiry: Inquiry) async -> (answer: InquiryAnswer, isFirst: Bool)? {
    let (task, isFirst): (Task<InquiryAnswer, Never>?, Bool) = flights.withLock { flights in
      if let task = flights[inquiry.flight] { return (task, false) }
      guard flights.count < capacity else { return (nil, false) }
      // A task of its own: the client that happened to be first may leave, the others still wait.
      let task = Task { [fetch] in await fetch(inquiry) }
      flights[inquiry.flight] = task
      return (task, true)
    }
    guard let task else { return nil }
    return (await task.value, isFirst)
  }
}
