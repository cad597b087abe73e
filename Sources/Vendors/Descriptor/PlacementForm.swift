import Configuration

/// A placement as it is written.
struct PlacementForm: Section {
  struct Header: Section {
    var name = ""
    var scheme: String?

    static let section = SectionDescription<Header>(
      "VendorPlacementHeader", "A header that holds the secret.",
      fields: [
        Field(
          "name", \.name, .text.checked { HeaderName.isToken($0) ? nil : "must be a header name" }, required: true, "The header's name."),
        Field("scheme", \.scheme, .text, "The word before the secret, such as `Bearer`; none for a bare secret."),
      ])
  }

  struct FirstMessage: Section {
    var path = ""
    var template = CredentialPlacement.marker

    static let section = SectionDescription<FirstMessage>(
      "VendorPlacementFirstMessage", "The client's first message holds the secret.",
      fields: [
        Field("path", \.path, .text, required: true, "JSON path in the message."),
        Field("template", \.template, .text.checked(hasMarker), "The value, with `{secret}` in it."),
      ])
  }

  var header: Header?
  var headers: [CredentialPlacement.NamedTemplate]?
  var query: String?
  var subprotocol: [String]?
  var firstMessage: FirstMessage?
  var urlFromInit = false
  var signed: SignedURL?
  var of = CredentialRules.Kind.any

  static let section = SectionDescription<PlacementForm>(
    "VendorPlacement", "One place of the secret.",
    fields: [
      Field("header", \.header, .section, "In a header."),
      Field(
        "headers", \.headers, ValueTypes.templates,
        "In several headers at once; one holds `{secret}`, others may hold the upstream's variables."),
      Field("query", \.query, .text, "In a query parameter of this name."),
      Field(
        "subprotocol", \.subprotocol, .list(of: .text, atLeast: 1).checked { members in hasMarker(members.joined()) },
        "In `Sec-WebSocket-Protocol`: its members in order, `{secret}` being one or part of one."),
      Field("first_message", \.firstMessage, .section, "In the client's first message."),
      Field("url_from_init", \.urlFromInit, .boolean, "In the URL that the `init` request returns."),
      Field("signed", \.signed, .section, "Nowhere: the URL is signed with it."),
      Field("of", \.of, .choice, "Whether the place is for the account's key, a short-lived token, or either."),
    ],
    rules: [.exactlyOne(["header", "headers", "query", "subprotocol", "first_message", "url_from_init", "signed"])])

  static let hasMarker: @Sendable (String) -> String? = { text in
    text.contains(CredentialPlacement.marker) ? nil : "must hold '\(CredentialPlacement.marker)' once"
  }

  var placement: CredentialPlacement? {
    if let header { return .header(name: header.name, scheme: header.scheme) }
    if let headers { return .headers(headers) }
    if let query { return .query(name: query) }
    if let subprotocol { return .subprotocol(subprotocol) }
    if let firstMessage { return .firstMessage(path: firstMessage.path, template: firstMessage.template) }
    if let signed { return .signed(signed) }
    return urlFromInit ? .urlFromInit : nil
  }
}
