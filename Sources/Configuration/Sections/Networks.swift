/// Which networks may use a route.
public struct Networks: Section, Equatable {
  public var allow: [IPPrefix] = []
  public var deny: [IPPrefix] = []

  public init() {}

  public static let section = SectionDescription<Networks>(
    "Networks", "Which networks may use a route, by the client's address behind `trusted_proxies`. Others get 403.",
    fields: [
      Field("allow", \.allow, .list(of: .network), "Only these, if there are any."),
      Field("deny", \.deny, .list(of: .network), "Never these, whatever `allow` says."),
    ])
}
