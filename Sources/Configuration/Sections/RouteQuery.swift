/// What becomes of the client's query parameters.
public struct RouteQuery: Section, Equatable {
  public var pass = ["*"]
  public var drop: [String] = []
  public var forced: [String: [String]] = [:]
  public var rename: [String: String] = [:]

  public init() {}

  /// Whether a client's parameter goes on.
  public func passes(_ name: String) -> Bool {
    (pass.contains("*") || pass.contains(name)) && !drop.contains(name)
  }

  public static let section = SectionDescription<RouteQuery>(
    "RouteQuery", "What becomes of the client's query parameters. A credential in the query is consumed and never goes on.",
    fields: [
      Field(
        "pass", \.pass, .list(of: .text),
        """
        Parameters that go on; `*` for all, as far as the vendor's descriptor lets them. All means that a client may choose any model \
        and option, and what it costs.
        """),
      Field("drop", \.drop, .list(of: .text), "Parameters that do not, whatever `pass` says."),
      Field("forced", \.forced, .parameters, "Sent whatever the client gives."),
      Field("rename", \.rename, .map(of: .text, noun: "parameter"), "The client's name to the upstream's, before the others apply."),
    ])
}
