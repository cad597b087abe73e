/// Asks an HTTP endpoint of the operator's.
public struct ForwardMethod: Section, Equatable {
  public var url = ""
  public var headers = ["authorization", "cookie"]
  public var plainHTTP = false
  public var timeout = Duration.seconds(3)
  public var cache = Duration.seconds(10)
  public var subjectHeader = "x-auth-subject"
  public var tierHeader = "x-auth-tier"

  public init() {}

  public static let section = SectionDescription<ForwardMethod>(
    "ForwardMethod", "Asks an HTTP endpoint, for session cookies and anything else: 2xx allows.",
    fields: [
      .tag("type", "forward"),
      Field(
        "url", \.url, .httpURL, required: true,
        "The endpoint, asked by GET: 2xx allows, any other below 500 but 429 refuses. It sees the client's credential."),
      Field(
        "headers", \.headers, .list(of: .headerName),
        "Client headers that are passed to it. A client that has none of them is not asked about."),
      .plainHTTP(\.plainHTTP),
      Field("timeout", \.timeout, .duration(.milliseconds(100) ... .seconds(30)), "After this clients are told to try again later (503)."),
      Field(
        "cache", \.cache, .duration(.zero ... .seconds(300)),
        "How long an answer is believed. A revoked session still opens for that long."),
      Field("subject_header", \.subjectHeader, .text, "Header of the answer that names the subject."),
      Field("tier_header", \.tierHeader, .text, "Header of the answer that names the tier."),
    ])
}
