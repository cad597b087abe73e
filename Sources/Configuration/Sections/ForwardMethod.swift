/// Asks an HTTP endpoint of the operator's.
public struct ForwardMethod: Section, Equatable {
  public var url = ""
  public var headers = ["authorization", "cookie"]
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
        "The endpoint. It sees the client's credential, so use `https://` beyond this machine."),
      Field("headers", \.headers, .list(of: .text), "Client headers that are passed to it."),
      Field("timeout", \.timeout, .duration(.milliseconds(100) ... .seconds(30)), "After this the answer is no."),
      Field(
        "cache", \.cache, .duration(.zero ... .seconds(300)),
        "How long an answer is believed. A revoked session still opens for that long."),
      Field("subject_header", \.subjectHeader, .text, "Header of the answer that names the subject."),
      Field("tier_header", \.tierHeader, .text, "Header of the answer that names the tier."),
    ])
}
