import Configuration

extension QueryRules {
  /// What a route says of the client's parameters.
  public init(_ route: RouteQuery) {
    self.init(
      forced: Self.pairs(route.forced), allow: route.pass.contains("*") ? nil : route.pass, deny: route.drop, rename: route.rename)
  }

  /// What an upstream says of its own.
  public init(_ upstream: UpstreamQuery) {
    self.init(defaults: Self.pairs(upstream.defaults), forced: Self.pairs(upstream.forced))
  }

  /// In the order of names: the file's order is not kept there.
  private static func pairs(_ map: [String: [String]]) -> [Pair] {
    map.sorted { $0.key < $1.key }.flatMap { name, values in values.map { Pair(name, $0) } }
  }
}
