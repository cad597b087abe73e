import Glibc

/// Measures by the CPU time of this process, which others on the machine do not add to.
struct Stopwatch {
  /// How long a part is repeated for one figure. Nanoseconds.
  let span: Int64
  /// Figures of a part, of which the middle one counts.
  let rounds: Int

  /// Nanoseconds for one operation.
  func measure(_ part: Part) async throws(PartFailure) -> Double {
    let answer = await part.body()
    guard part.isRight(answer) else { throw PartFailure(text: "'\(part.name)' does not work: it answered \(answer)") }
    var calls = 1
    while case let taken = await time(part, calls), taken < span {
      // Towards the span in a few steps; also warms up.
      calls = max(2 * calls, Int(Double(calls) * Double(span) / Double(max(taken, 1)) * 1.05))
      if taken > span / 2 { break }
    }
    var times: [Double] = []
    for _ in 0..<rounds { times.append(Double(await time(part, calls))) }
    return times.sorted()[rounds / 2] / Double(calls * part.operations)
  }

  private func time(_ part: Part, _ calls: Int) async -> Int64 {
    let start = Self.now()
    for _ in 0..<calls { _ = await part.body() }
    return Self.now() - start
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
