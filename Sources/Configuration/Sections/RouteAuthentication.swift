import YAML

/// Which methods a route accepts.
public enum RouteAuthentication: Hashable, Sendable {
  /// Anybody who reaches the route may use it. Compare an optional with `RouteAuthentication.none`: a bare `.none` there is nil.
  case none
  /// One of these must know the caller.
  case methods([String])

  /// The names; none for `none`.
  public var names: [String] {
    if case .methods(let names) = self { names } else { [] }
  }
}

extension ValueType where Value == RouteAuthentication {
  /// `none`, or a list of names. An empty list is refused: it would be read as either.
  static var routeAuthentication: ValueType {
    let names = ValueType<[String]>.list(of: .text, atLeast: 1)
    return ValueType(
      "list of names or `none`", shape: .any([.choice(["none"]), names.shape]),
      write: { $0 == .none ? "none" : names.write($0.names) }
    ) { node, place, _, reader in
      if node.text == "none" { return RouteAuthentication.none }
      guard node.sequence != nil else {
        reader.mismatch(node, at: place, expected: "a list of names from 'authentication', or none")
        return nil
      }
      return names.read(node, place, nil, &reader).map { .methods($0) }
    }
  }
}
