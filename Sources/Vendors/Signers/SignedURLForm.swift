import Configuration

extension SignedURL: Section {
  public static let section = SectionDescription<SignedURL>(
    "VendorSignature", "The URL is signed with the credential, which is never sent itself.",
    fields: [
      Field("by", \.signer, .choice, required: true, "How."),
      Field("service", \.service, .text, "For `sigv4`: the service, as AWS names it in signatures."),
      Field(
        "region", \.region, ValueTypes.template.map(named: "template", { $0 }, back: { $0 }),
        "For `sigv4`: the region; variables of the URL may stand in it."),
      Field("hash", \.hash, .choice, "For the HMAC forms; `sha256` unless given."),
      Field(
        "expires", \.expires, .duration(.seconds(1) ... .seconds(604_800)),
        "For how long the URL may be used; 5 minutes unless given. `hmac_request_line` has no such thing."),
      Field("first_message", \.firstMessage, .section, "Where the client's first message holds a field of the credential as well."),
    ])
}

extension SignedURL.FirstMessage: Section {
  public static let section = SectionDescription<SignedURL.FirstMessage>(
    "VendorSignatureFirstMessage", "A field of the credential in the client's first message.",
    fields: [
      Field("path", \.path, .text, required: true, "JSON path in the message."),
      Field(
        "template", \.template, ValueTypes.template, required: true,
        "The value: `{name}` is a field of the credential, or else a variable of the upstream; without either the message stays as it is."),
    ])
}
