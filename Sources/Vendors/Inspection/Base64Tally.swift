/// What base64 at one path of a message amounts to, which may stand in many elements of a `[*]`.
struct Base64Tally: Sendable {
  /// Bytes that it stands for.
  private(set) var decodedCount = 0
  /// What is wrong with it.
  private(set) var problem: Base64Validator.Problem?
  /// The same of the elements before this one, and whether there was any.
  private var earlierCount = 0
  private var earlierProblem: Base64Validator.Problem?
  private var isEarlierPresent = false

  /// A string has ended.
  mutating func add(_ count: Int, _ problem: Base64Validator.Problem?) {
    decodedCount &+= count
    if self.problem == nil { self.problem = problem }
  }

  /// Another element begins: what there is so far stays, whatever becomes of this one.
  mutating func set(isPresent: Bool) {
    (earlierCount, earlierProblem, isEarlierPresent) = (decodedCount, problem, isPresent)
  }

  /// A member of the same name takes the place of what was counted last.
  /// - Parameter isRepeated: only what this element held.
  /// - Returns: whether there still is base64.
  mutating func forget(isRepeated: Bool) -> Bool {
    (decodedCount, problem) = isRepeated ? (earlierCount, earlierProblem) : (0, nil)
    return isRepeated && isEarlierPresent
  }
}
