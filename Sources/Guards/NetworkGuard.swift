import Configuration

/// Which networks may reach a route.
public struct NetworkGuard: Sendable, Equatable {
  private let allowed: [IPPrefix]
  private let denied: [IPPrefix]

  /// - Parameters:
  ///   - allowed: empty for all.
  ///   - denied: wins over `allowed`, however long the prefixes are.
  public init(allowed: [IPPrefix] = [], denied: [IPPrefix] = []) {
    self.allowed = allowed
    self.denied = denied
  }

  public func allows(_ client: ClientAddress) -> Bool {
    guard !denied.contains(where: { $0.contains(client.address) }) else { return false }
    return allowed.isEmpty || allowed.contains { $0.contains(client.address) }
  }
}
