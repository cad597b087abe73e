import JSON
import Testing
@testable import Vendors

/// Signed URLs from a client's request to the vendor's judgement.
@Suite struct SignedEndpointTests {
  static let names = ["aws.transcribe", "tencent.asr", "xfyun.iat"]
  static let now = 1_800_000_000

  private func request(
    _ name: String, _ text: String = "", secret: String? = nil, at time: Int = now, headers: [(String, String)] = []
  ) throws -> UpstreamRequest {
    let entry = try vendor(name)
    let door = try Doorway(entry)
    var query = Query(text)
    if name == "aws.transcribe" { query.items += Query("media-encoding=pcm&sample-rate=16000").items }
    let client = ClientRequest(query: door.completed(query), headers: fields(headers))
    return try door.endpoint.request(client, secret: secret ?? Doorway.secret(of: entry), uuid: "u-1-2", unixTime: time, nonce: 7)
  }

  private func problem(_ request: UpstreamRequest, _ name: String, at time: Int = now, host: String? = nil) throws -> String? {
    let entry = try vendor(name)
    let seen = ClientRequest(
      rest: request.url.path, query: request.url.query, headers: fields([("Host", host ?? request.url.authority)] + request.headers))
    let credential = SigningCredential(Doorway.secret(of: entry))
    for case .signed(let rules) in entry.credential.placements {
      return SignatureCheck(rules: rules, credential: credential, unixTime: time).problem(seen)
    }
    return "it is not signed"
  }

  @Test(arguments: names)
  func theVendorTakesIt(name: String) throws { #expect(try problem(request(name), name) == nil) }

  /// A pure function: nothing but its arguments is in it.
  @Test(arguments: names)
  func theSameGivesTheSame(name: String) throws {
    #expect(try request(name) == request(name))
    #expect(try request(name).url != request(name, at: Self.now + 1).url)
  }

  @Test(arguments: names)
  func everythingOfTheURLIsCovered(name: String) throws {
    let good = try request(name, "extra=one")
    if name != "xfyun.iat" {
      var query = good
      query.url.query.set("extra", "two")
      #expect(try problem(query, name) == "the signature is wrong")
      var more = good
      more.url.query.items.append(Query.Item("more", "x"))
      #expect(try problem(more, name) == "the signature is wrong")
    }
    var path = good
    path.url.path += "/x"
    #expect(try problem(path, name) == "the signature is wrong")
    #expect(try problem(good, name, host: "elsewhere.example.com") != nil)
    for item in good.url.query.items where good.url.query.values(item.name).count == 1 {
      guard name != "xfyun.iat" || ["authorization", "date", "host"].contains(item.name) else { continue }
      var changed = good
      changed.url.query.set(item.name, item.value + "1")
      #expect(try problem(changed, name) != nil, "\(item.name)")
      changed.url.query.remove(item.name)
      #expect(try problem(changed, name) != nil, "no \(item.name)")
    }
  }

  @Test(arguments: [
    ("aws.transcribe", 300, 301), ("tencent.asr", 3599, 3600), ("xfyun.iat", 300, 301), ("xfyun.iat", -300, -301),
    ("aws.transcribe", -300, -301),
  ])
  func itIsGoodForATime(name: String, last: Int, late: Int) throws {
    let good = try request(name)
    #expect(try problem(good, name, at: Self.now + last) == nil)
    #expect(try problem(good, name, at: Self.now + late) != nil)
  }

  @Test(arguments: names)
  func anotherKeyIsFoundOut(name: String) throws {
    let entry = try vendor(name)
    guard case .signed(let rules)? = entry.credential.placements.first else { return }
    let (id, key) = rules.signer.fields
    let other = JSONValue.object([id: "simulated", key: "another key 0123456789"]).text()
    #expect(try problem(request(name, secret: other), name) == "the signature is wrong")
    let somebody = JSONValue.object([id: "somebody", key: .string(Doorway.key)]).text()
    #expect(try problem(request(name, secret: somebody), name) == "the signature is somebody else's")
  }

  /// The key itself never travels.
  @Test(arguments: names)
  func aKeyThatIsSentIsFoundOut(name: String) throws {
    var request = try request(name)
    #expect(!"\(request.url.target) \(request.headers)".contains(Doorway.key))
    request.headers.append(("X-Key", Doorway.key))
    #expect(try problem(request, name) == "the key itself was sent")
  }

  @Test(arguments: names)
  func aCredentialThatLacksAFieldIsSaid(name: String) throws {
    let entry = try vendor(name)
    guard case .signed(let rules)? = entry.credential.placements.first else { return }
    let (id, key) = rules.signer.fields
    for (secret, field) in [("plain", id), ("{}", id), (#"{"\#(id)":"x"}"#, key), (#"{"\#(id)":"x","\#(key)":""}"#, key)] {
      let said = "\(EndpointError.secretIncomplete(field, rules.signer))"
      #expect(said.contains("no field '\(field)'") && !said.contains("plain"))
      #expect(throws: EndpointError.secretIncomplete(field, rules.signer)) { try request(name, secret: secret) }
      #expect(throws: EndpointError.secretIncomplete(field, rules.signer)) { try Doorway(entry).endpoint.check(secret: secret) }
    }
    #expect(throws: Never.self) { try Doorway(entry).endpoint.check(secret: Doorway.secret(of: entry)) }
  }

  /// What a client's SDK made of the gateway's credential is taken for that, and nothing of it goes on.
  @Test(arguments: names)
  func aClientsSignatureStaysHere(name: String) throws {
    let entry = try vendor(name)
    guard case .signed(let rules)? = entry.credential.placements.first else { return }
    let (id, key) = rules.signer.fields
    let own = JSONValue.object([id: "gateway-key-1", key: "anything"]).text()
    let client = ClientRequest(query: try request(name, secret: own).url.query)
    let found = ClientCredential.extract(client, entry)
    #expect(found.credential == "gateway-key-1")
    #expect(!found.request.query.items.contains { rules.signer.parameters.contains($0.name) })
    let sent = try Doorway(entry).endpoint.request(client, secret: Doorway.secret(of: entry), unixTime: Self.now, nonce: 3)
    #expect(!sent.url.target.contains("gateway-key-1"))
    #expect(try problem(sent, name) == nil)
  }

  @Test func aSessionTokenIsSignedAsWell() throws {
    let secret = #"{"AccessKeyId":"AKID","SecretAccessKey":"k","SessionToken":"t+/="}"#
    #expect(try request("aws.transcribe", secret: secret).url.query["X-Amz-Security-Token"] == "t+/=")
    #expect(try request("aws.transcribe").url.query["X-Amz-Security-Token"] == nil)
  }

  @Test func aRegionNamesHostAndScope() throws {
    let entry = try vendor("aws.transcribe")
    let endpoint = try Endpoint(descriptor: entry, settings: UpstreamSettings(region: "ap-southeast-2"))
    #expect(endpoint.base?.host == "transcribestreaming.ap-southeast-2.amazonaws.com")
    let client = ClientRequest(query: "language-code=en-AU&media-encoding=pcm&sample-rate=8000")
    let request = try endpoint.request(client, secret: Doorway.secret(of: entry), unixTime: 1_440_938_160)
    #expect(request.url.query["X-Amz-Credential"]?.hasSuffix("/20150830/ap-southeast-2/transcribe/aws4_request") == true)
    #expect(throws: EndpointError.variable("region", in: "url '\(entry.endpoint.url.source)'")) { try Endpoint(descriptor: entry) }
  }

  @Test func anAppsIdGoesIntoTheFirstMessageWhereTheCredentialHasOne() throws {
    let secret = #"{"api_key":"k","api_secret":"s","app_id":"5f0000"}"#
    let placed = try #require(try request("xfyun.iat", secret: secret).firstMessageCredential)
    #expect(placed == .init(path: "common.app_id", value: "5f0000"))
    #expect(try request("xfyun.iat").firstMessageCredential == nil)
    let entry = try vendor("xfyun.iat")
    for (value, isTaken) in [("5f0000", true), ("other", false)] {
      let sent = try request("xfyun.iat", secret: secret, at: Self.now)
      var talk = try Conversation(Doorway.admit(sent, entry, expected: secret, at: Self.now))
      let data = #"{"status":0,"encoding":"raw","format":"audio/L16;rate=16000","audio":""}"#
      talk.send(#"{"common":{"app_id":"\#(value)"},"business":{},"data":\#(data)}"#)
      #expect(talk.closes.isEmpty == isTaken, "\(talk.actions)")
    }
  }

  @Test func aQueryWithoutACredential() throws {
    let endpoint = try Doorway(vendor("aws.transcribe")).endpoint
    let client = ClientRequest(query: "language-code=en-US&media-encoding=pcm&sample-rate=8000&token=t&X-Amz-Date=x")
    #expect(try endpoint.query(for: client).text == "language-code=en-US&media-encoding=pcm&sample-rate=8000")
    #expect(throws: EndpointError.query(anyOf: ["media-encoding"])) {
      try endpoint.query(for: ClientRequest(query: "language-code=en-US"))
    }
  }

  @Test func aParameterIsFreshWhereTheClientGivesNone() throws {
    #expect(try request("tencent.asr", "engine_model_type=16k_zh").url.query["voice_id"] == "u-1-2")
    #expect(try request("tencent.asr", "engine_model_type=16k_zh&voice_id=mine").url.query["voice_id"] == "mine")
  }

  @Test func aCredentialShowsNothing() throws {
    let credential = try #require(SigningCredential(#"{"secret-key":"CANARY"}"#))
    var dumped = ""
    dump(credential, to: &dumped)
    #expect(!"\(credential) \(credential.debugDescription) \(String(reflecting: credential)) \(dumped)".contains("CANARY"))
    #expect(credential["secret_key"] == "CANARY" && credential["SecretKey"] == "CANARY" && credential["other"] == nil)
    #expect(SigningCredential("[]") == nil && SigningCredential("plain") == nil)
  }

  @Test(arguments: names)
  func aSimulatorsOwnCredentialIsOne(name: String) throws {
    let entry = try vendor(name)
    #expect(throws: Never.self) { try Doorway(entry).endpoint.check(secret: entry.simulatedCredential("word")) }
    #expect(try vendor("deepgram.listen").simulatedCredential("word") == "word")
  }
}
