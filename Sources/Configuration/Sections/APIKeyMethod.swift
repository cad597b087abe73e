/// Keys that the operator hands out, known by their hashes.
public struct APIKeyMethod: Section, Equatable {
  public var file = ""
  public var from: [CredentialPlace] = [.authorization, .query, .subprotocol, .vendor]

  public init() {}

  public static let section = SectionDescription<APIKeyMethod>(
    "APIKeyMethod", "Keys of the gateway's own, given to servers and SDKs.",
    fields: [
      .tag("type", "api_key"),
      Field(
        "file", \.file, .path, required: true,
        """
        File of SHA-256 hashes (`voxgate token hash`), each with subject, tier, routes and expiry. Read again when it changes; a file \
        that cannot be read changes nothing.
        """),
      Field("from", \.from, .list(of: .choice, atLeast: 1), "Where the key may be."),
    ])
}
