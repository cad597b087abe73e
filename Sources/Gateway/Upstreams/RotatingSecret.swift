import Configuration
import NIOCore
import NIOPosix
import Synchronization

/// A secret that may be another one later: read again from time to time, and when somebody would not take it. What cannot be read leaves
/// the earlier one in force.
final class RotatingSecret: Sendable {
  /// What came of reading it again.
  enum Reading: Sendable, Equatable {
    case same
    case changed
    case failed(SecretError)
  }

  private struct State {
    var secret: Secret?
    var failure: SecretError?
    var environment: [String: String] = [:]
    /// Nanoseconds of a clock that never goes back.
    var readAt: UInt64 = 0
    var flight: Task<Reading, Never>?
  }

  let reference: SecretReference
  private let state: Mutex<State>

  /// Between two readings because of refusals: those who are refused may be many.
  static let leastInterval: UInt64 = 2_000_000_000

  init(_ reference: SecretReference) {
    self.reference = reference
    state = Mutex(State())
  }

  /// One that never changes.
  init(_ reference: SecretReference, _ secret: Secret) {
    self.reference = reference
    state = Mutex(State(secret: secret))
  }

  /// The one in force; nil where it could not be had yet.
  var secret: Secret? { state.withLock { $0.secret } }
  /// Why the last reading was none; nil where it was one.
  var failure: SecretError? { state.withLock { $0.failure } }

  /// Whether reading it again can bring another one while the process runs.
  var canChange: Bool { Self.canChange(reference) }

  private static func canChange(_ reference: SecretReference) -> Bool {
    switch reference {
    case .file, .command, .vault, .awsSecret: true
    case .environment: false
    case .fields(let fields): fields.values.contains(where: canChange)
    }
  }

  /// Takes what a configuration that comes into force has read.
  func adopt(_ result: Result<Secret, SecretError>, environment: [String: String], now: UInt64) -> Reading {
    state.withLock { $0.environment = environment }
    return take(result, now: now)
  }

  /// Whether it is so old that it should be read again.
  func isDue(_ interval: Duration, now: UInt64) -> Bool {
    guard canChange else { return false }
    return state.withLock { now >= $0.readAt.advanced(by: interval) }
  }

  /// Reads it again, off the event loops; those who ask meanwhile get the same answer.
  func refresh() async -> Reading {
    let task = state.withLock { state -> Task<Reading, Never> in
      if let flight = state.flight { return flight }
      let environment = state.environment
      let task = Task { [self] in
        let result: Result<Secret, SecretError>
        do {
          result = .success(
            try await NIOThreadPool.singleton.runIfActive { [reference] in try reference.resolve(environment: environment) })
        } catch {
          result = .failure(error as? SecretError ?? .unreadable(path: "\(reference)", reason: "\(error)"))
        }
        return take(result, now: NIODeadline.now().uptimeNanoseconds)
      }
      state.flight = task
      return task
    }
    return await task.value
  }

  /// Somebody would not take it.
  ///
  /// - Returns: whether there is another one.
  func refused(_ used: Secret, now: UInt64) async -> Bool {
    let (current, isFresh) = state.withLock { ($0.secret, now < $0.readAt.advanced(by: .nanoseconds(Self.leastInterval))) }
    if let current, current != used { return true }
    guard canChange, !isFresh else { return false }
    _ = await refresh()
    return secret.map { $0 != used } ?? false
  }

  private func take(_ result: Result<Secret, SecretError>, now: UInt64) -> Reading {
    state.withLock { state in
      state.readAt = now
      state.flight = nil
      switch result {
      case .success(let secret):
        state.failure = nil
        guard secret != state.secret else { return .same }
        state.secret = secret
        return .changed
      case .failure(let error):
        state.failure = error
        return .failed(error)
      }
    }
  }
}
