/// The certificate that a client showed to a listener with `client_ca`.
public struct MutualTLSMethod: Section, Equatable {
  public enum Name: String, CaseIterable, Sendable { case subject, san }

  public var subject = Name.subject
  public var allow: [String] = []

  public init() {}

  public static let section = SectionDescription<MutualTLSMethod>(
    "MutualTLSMethod", "The client's certificate, on listeners with `tls.client_ca`.",
    fields: [
      .tag("type", "mtls"),
      Field(
        "subject", \.subject, .choice,
        "What names the subject of the session: the certificate's common name, or its first alternative name."),
      Field("allow", \.allow, .list(of: .text), "Names that may pass; empty for every certificate that the authority signed."),
    ])
}
