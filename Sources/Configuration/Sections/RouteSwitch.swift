import YAML

/// Whether a route is open: said in the file, or by an environment variable as a kill switch.
public enum RouteSwitch: Hashable, Sendable {
  case fixed(Bool)
  /// Open exactly when the variable is `true`.
  case environment(String)

  public func isOn(environment: [String: String]) -> Bool {
    switch self {
    case .fixed(let value): value
    case .environment(let name): environment[name] == "true"
    }
  }
}

extension ValueType where Value == RouteSwitch {
  static var routeSwitch: ValueType {
    ValueType(
      "true, false, `${NAME}` or `{env: NAME}`",
      shape: .any([
        .boolean, .text(pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}$"),
        .map(.text(pattern: "^[A-Za-z_][A-Za-z0-9_]*$"), keyPattern: "^env$"),
      ]),
      write: { value in
        switch value {
        case .fixed(let on): "\(on)"
        case .environment(let name): "{env: \(name)}"
        }
      }
    ) { node, place, _, reader in
      if let value = node.scalar?.boolean { return .fixed(value) }
      if let entries = node.mapping, entries.count == 1, entries[0].name == "env", let name = entries[0].value.text, !name.isEmpty {
        return .environment(name)
      }
      if let text = node.text, text.hasPrefix("${"), text.hasSuffix("}"), text.count > 3 {
        return .environment(String(text.dropFirst(2).dropLast()))
      }
      reader.mismatch(node, at: place, expected: "true, false, ${NAME} or {env: NAME}")
      return nil
    }
  }
}
