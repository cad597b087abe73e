/// Tokens that a simulator hands out and knows again without keeping them: the second part is a sum over the first.
enum SimulatorGrant {
  /// The parameter that holds one in a URL of the simulator's making.
  static let parameter = "token"

  /// The parameter that holds what the request for that URL said.
  static let body = "asked"

  static func make(seed: UInt64) -> String {
    var random = SimulatorRandom(seed: seed)
    let body = random.hex(24)
    return "simulated-\(body)-\(sum(body))"
  }

  static func isGenuine(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.count == 3 && parts[0] == "simulated" && parts[2] == sum(parts[1])
  }

  /// FNV-1a: enough to tell a mistake from a token.
  private static func sum(_ text: some StringProtocol) -> String {
    String(text.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 16)
  }
}
