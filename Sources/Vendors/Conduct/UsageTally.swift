/// What a vendor's usage reports amount to.
struct UsageTally: Sendable, Equatable {
  /// By report of the descriptor.
  private var amounts: [Double]

  init(reports: Int) { amounts = Array(repeating: 0, count: reports) }

  /// More is nobody's usage, and would not fit what counts it.
  static let most = 1e12

  /// Takes what a report says; by how much it made the total grow. A total never shrinks: what was billed stays so.
  mutating func take(_ amount: Double, of report: Int, _ mode: UsageRules.Mode) -> Double {
    guard amount > 0, amount < Self.most else { return 0 }
    let before = amounts[report]
    amounts[report] = min(mode == .sum ? before + amount : max(before, amount), Self.most)
    return amounts[report] - before
  }
}
