/// Who a session is counted with, as far as that is known or wanted yet.
struct Party {
  /// Nil once its address was counted.
  var address: AddressKey?
  /// Nil while strangers may not use up what route and gateway have for all.
  var route: String?
  var caller: Caller?

  /// What a limit counts this session under; nil when it does not, or not yet.
  func key(_ limit: String, _ scope: LimitScope) -> LimitKey? {
    let whom: LimitKey.Whom? =
      switch scope {
      case .address: address.map { .address($0) }
      case .subject: caller.map { .subject($0.subject) }
      case .apiKey: caller?.apiKey.map { .apiKey($0) }
      case .route: route.map { .route($0) }
      case .gateway: route == nil ? nil : .gateway
      }
    return whom.map { LimitKey(limit, $0) }
  }
}
