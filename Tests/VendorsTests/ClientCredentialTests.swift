import Testing
@testable import Vendors

@Suite struct ClientCredentialTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var vendor: String?
    var query: String?
    var headers: [(String, String)] = []
    var subprotocols: [String] = []
    var credential: String?
    var answer: String?
    var queryAfter = ""
    var subprotocolsAfter: [String] = []
    var testDescription: String { "\(vendor ?? "plain") \(query ?? "") \(headers) \(subprotocols)" }
  }

  static let rows: [Row] = [
    Row(headers: [("Authorization", "Bearer X")], credential: "X"),
    Row(headers: [("authorization", "bearer X")], credential: "X"),
    Row(headers: [("Authorization", "Token X")], credential: "X"),
    Row(headers: [("Authorization", "X")], credential: "X"),
    Row(headers: [("Authorization", "Bearer  X ")], credential: "X"),
    Row(headers: [("Authorization", "Bearer")], credential: nil),
    Row(headers: [("Authorization", "Basic dTpw")], credential: nil),
    Row(query: "token=X&a=1&token=X", credential: "X", queryAfter: "a=1"),
    Row(query: "token=a+b", credential: "a+b"),
    Row(query: "token=a%20b/c==", credential: "a+b/c=="),
    Row(query: "token=a%2Bb", credential: "a+b"),
    Row(query: "token=", credential: nil),
    Row(subprotocols: ["token", "X"], credential: "X", answer: nil),
    Row(subprotocols: ["bearer", "X"], credential: "X"),
    Row(subprotocols: ["graphql-ws"], credential: nil, subprotocolsAfter: ["graphql-ws"]),
    Row(subprotocols: ["token"], credential: nil),
    Row(),
    Row(vendor: "deepgram.listen", subprotocols: ["token", "SECRET"], credential: "SECRET", answer: "token"),
    Row(vendor: "deepgram.listen", subprotocols: ["bearer", "a.b.c"], credential: "a.b.c", answer: "bearer"),
    Row(vendor: "deepgram.listen", subprotocols: ["Token", "SECRET"], credential: "SECRET", answer: "Token"),
    Row(vendor: "deepgram.listen", query: "model=m&token=T", credential: "T", queryAfter: "model=m"),
    Row(
      vendor: "openai.realtime", subprotocols: ["realtime", "openai-insecure-api-key.X"], credential: "X", answer: "realtime",
      subprotocolsAfter: ["realtime"]),
    Row(
      vendor: "openai.realtime", subprotocols: ["openai-insecure-api-key.X", "realtime"], credential: "X", answer: "realtime",
      subprotocolsAfter: ["realtime"]),
    Row(vendor: "openai.realtime", subprotocols: ["openai-insecure-api-key.X"], credential: "X", answer: nil),
    Row(
      vendor: "openai.realtime", subprotocols: ["realtime", "openai-insecure-api-key.X", "openai-beta.realtime-v1"], credential: "X",
      answer: "realtime",
      subprotocolsAfter: ["realtime", "openai-beta.realtime-v1"]),
  ]

  @Test(arguments: rows)
  func theCredentialIsFoundAndRemoved(row: Row) throws {
    let descriptor = try row.vendor.map { try vendor($0) }
    let request = ClientRequest(query: row.query, headers: row.headers + [("X-Other", "o")], subprotocols: row.subprotocols)
    let found = ClientCredential.extract(request, descriptor)
    #expect(found.credential == row.credential)
    #expect((found.place == nil) == (row.credential == nil))
    #expect(found.request.query.text == row.queryAfter)
    #expect(found.request.headers == [.init("X-Other", "o")])
    #expect(found.request.subprotocols == row.subprotocolsAfter)
    #expect(found.answer(descriptor: descriptor) == row.answer)
    if let credential = row.credential { #expect(!found.echoable.contains { $0.contains(credential) }) }
  }

  static let placed: [(CredentialPlacement, ClientRequest, String?)] = [
    (.header(name: "xi-api-key", scheme: nil), ClientRequest(query: nil, headers: [("XI-API-Key", "X")]), "X"),
    (.header(name: "Authorization", scheme: "Api-Key"), ClientRequest(query: nil, headers: [("Authorization", "api-key X")]), "X"),
    (
      .headers([.init(name: "X-App", template: "{app}"), .init(name: "X-Key", template: "{secret}")]),
      ClientRequest(
        query: nil,
        headers: [("X-App", "a"), ("X-Key", "X")]), "X"
    ),
    (.query(name: "access_token"), ClientRequest(query: "access_token=X"), "X"),
    (.subprotocol(["soniox-api-key", "{secret}"]), ClientRequest(query: nil, subprotocols: ["soniox-api-key", "X"]), "X"),
    (.subprotocol(["xai-client-secret.{secret}"]), ClientRequest(query: nil, subprotocols: ["xai-client-secret.X"]), "X"),
  ]

  @Test(arguments: placed)
  func aRouteMayNameFurtherPlaces(placement: CredentialPlacement, request: ClientRequest, credential: String?) {
    let found = ClientCredential.extract(request, nil, also: [placement])
    #expect(found.credential == credential)
    #expect(found.request.headers.isEmpty)
    #expect(found.request.query.items.isEmpty)
    #expect(found.request.subprotocols.isEmpty)
  }

  @Test func twoThatDifferAreAmbiguous() {
    let request = ClientRequest(query: "token=B", headers: [("Authorization", "Bearer A")])
    let found = ClientCredential.extract(request, nil)
    #expect(found.isAmbiguous)
    #expect(found.credential == "A")
    let same = ClientCredential.extract(ClientRequest(query: "token=A", headers: [("Authorization", "Bearer A")]), nil)
    #expect(!same.isAmbiguous)
  }

  @Test func theUpstreamsChoiceIsAnsweredOnlyIfItWasOffered() throws {
    let found = ClientCredential.extract(ClientRequest(query: nil, subprotocols: ["a", "b"]), nil)
    #expect(found.answer(selected: "b", descriptor: nil) == "b")
    #expect(found.answer(selected: "c", descriptor: nil) == nil)
    #expect(found.answer(selected: nil, descriptor: nil) == nil)
    #expect(found.answer(selected: "c", descriptor: try vendor("openai.realtime")) == "a")
  }
}
