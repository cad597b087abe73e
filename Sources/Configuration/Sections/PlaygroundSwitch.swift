/// Whether the gateway serves its playground page.
public enum PlaygroundSwitch: String, CaseIterable, Sendable {
  /// In development.
  case auto
  case on
  case off
}

extension GatewayConfiguration {
  /// Whether `/` is the playground, where nothing else has that path.
  public var hasPlayground: Bool {
    switch playground {
    case .auto: environment == .development
    case .on: true
    case .off: false
    }
  }
}
