/// What a vendor's usage reports amount to.
struct UsageTally: Sendable, Equatable {
  /// By report of the descriptor.
  private var amounts: [Double]

  init(reports: Int) { amounts = Array(repeating: 0, count: reports) }

  /// Takes what a report says; by how much it made the total grow. A total never shrinks: what was billed stays so.
  mutating func take(_ amount: Double, of report: Int, _ mode: UsageRules.Mode) -> Double {
    guard amount > 0, amount < 1e12 else { return 0 }
    let before = amounts[report]
    amounts[report] = mode == .sum ? before + amount : max(before, amount)
    return amounts[report] - before
  }
}
