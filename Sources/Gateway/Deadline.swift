import NIOCore

extension EventLoopFuture where Value: Sendable {
  /// What the future brings, or the error once the deadline has passed.
  func get(by deadline: NIODeadline, else error: any Error) async throws -> Value {
    let promise = eventLoop.makePromise(of: Value.self)
    let timer = eventLoop.scheduleTask(deadline: deadline) { promise.fail(error) }
    cascade(to: promise)
    defer { timer.cancel() }
    return try await promise.futureResult.get()
  }
}
