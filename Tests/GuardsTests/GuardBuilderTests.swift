import Configuration
import JSON
import TestSupport
import Testing
import Tokens
@testable import Guards

@Suite struct GuardBuilderTests {
  let folder = TemporaryFolder()
  let builder = GuardBuilder(environment: ["SECRET": canary], sessionTokens: SessionTokenStore(), issuers: Issuers())

  func make(_ method: AuthenticationMethod) throws -> any CallerGuard { try builder.make("m", method) }

  static func jwt(_ change: (inout JWTMethod) -> Void) -> AuthenticationMethod {
    var method = JWTMethod()
    method.algorithms = [.edDSA]
    change(&method)
    return .jwt(method)
  }

  @Test func tokensWithASecret() throws {
    let guarded = try make(
      Self.jwt {
        $0.algorithms = [.hs256]
        $0.secret = .environment("SECRET")
        $0.tierClaim = "plan"
        $0.routesClaim = "routes"
      })
    let outcome = guarded.identify(evidence(token(more: [("plan", "\"gold\""), ("routes", "[\"/a\"]")]), place: .query), now: moment())
    #expect(outcome == .caller(Caller(subject: "alice", method: "jwt", tier: "gold", routes: ["/a"], expiresAt: issuedAt + 300)))
    #expect(guarded.identify(evidence(token(), place: .cookie), now: moment()) == .absent)
    #expect(guarded.identify(evidence(token(expires: issuedAt - 29), place: .query), now: moment()) != refused("expired"), "leeway")
    #expect(guarded.identify(evidence(token(expires: issuedAt - 30), place: .query), now: moment()) == refused("expired"))
  }

  @Test func tokensWithKeysOnDisk() throws {
    let key = IssuerKey("k", seed: 1)
    let set = try folder.write("keys.json", String(decoding: IssuerKey.document(key), as: UTF8.self))
    let guarded = try make(Self.jwt { $0.jwksFile = set })
    #expect(caller(guarded.identify(evidence(key.token()), now: moment()))?.subject == "alice")
    #expect(guarded.identify(evidence(IssuerKey("other", seed: 2).token()), now: moment()) == refused("unknown_key"))
    // SubjectPublicKeyInfo of Ed25519 is 12 fixed bytes and the key (RFC 8410 section 10.1).
    let bytes = try #require(key.jwk["x"]?.stringValue.flatMap { Base64URL.decode($0) })
    let information = Base64.encode([0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + bytes)
    let pem = try folder.write("key.pem", "-----BEGIN PUBLIC KEY-----\n\(information)\n-----END PUBLIC KEY-----\n")
    let single = try make(Self.jwt { $0.publicKey = pem })
    #expect(caller(single.identify(evidence(key.token()), now: moment()))?.subject == "alice")
    #expect(single.identify(evidence(IssuerKey("k", seed: 2).token()), now: moment()) == refused("bad_signature"))
  }

  @Test func tokensWithPublishedKeys() throws {
    let key = IssuerKey("k", seed: 1)
    let plain = try make(Self.jwt { $0.jwksURL = "https://id.example/keys" })
    #expect(inquiry(plain.identify(evidence(key.token()), now: moment()))?.url == "https://id.example/keys")
    let issuer = try make(Self.jwt { $0.oidcIssuer = "https://id.example" })
    let asked = try #require(inquiry(issuer.identify(evidence(key.token()), now: moment())))
    #expect(asked.url == "https://id.example/.well-known/openid-configuration")
    let next = try #require(
      inquiry(
        issuer.receive(
          ok(KeySetTests.discovery("https://id.example", "https://id.example/k")), to: asked, for: evidence(key.token()), now: moment())))
    let outcome = issuer.receive(ok(IssuerKey.document(key)), to: next, for: evidence(key.token()), now: moment())
    #expect(outcome == refused("missing_claim"), "the issuer is what iss must be")
    let claims: JSONObject = ["sub": "a", "iss": "https://id.example", "exp": .int(issuedAt + 1)]
    #expect(caller(issuer.identify(evidence(key.token(claims)), now: moment()))?.subject == "a")
  }

  /// A reload while the issuer is down must not forget its keys.
  @Test func publishedKeysOutliveAReload() throws {
    let key = IssuerKey("k", seed: 1)
    let method = Self.jwt { $0.jwksURL = "https://id.example/keys" }
    let before = try make(method)
    let asked = try #require(inquiry(before.identify(evidence(key.token()), now: moment())))
    _ = before.receive(ok(IssuerKey.document(key)), to: asked, for: evidence(key.token()), now: moment())
    #expect(caller(try make(method).identify(evidence(key.token()), now: moment()))?.subject == "alice")
    let other = try make(Self.jwt { $0.jwksURL = "https://id.example/others" })
    #expect(inquiry(other.identify(evidence(key.token()), now: moment())) != nil)
  }

  @Test func theOtherMethods() throws {
    var apiKey = APIKeyMethod()
    apiKey.file = try folder.write("api.yaml", "keys: [{sha256: \(SHA256.hex("key-1")), subject: kiosk}]")
    #expect(caller(try make(.apiKey(apiKey)).identify(evidence("key-1", place: .vendor), now: moment()))?.subject == "kiosk")

    var forward = ForwardMethod()
    forward.url = "https://app.example/check"
    #expect(inquiry(try make(.forward(forward)).identify(evidence("x"), now: moment()))?.url == forward.url)

    var introspection = IntrospectionMethod()
    introspection.url = "https://id.example/introspect"
    introspection.clientID = "me"
    introspection.clientSecret = .environment("SECRET")
    #expect(inquiry(try make(.introspection(introspection)).identify(evidence("x"), now: moment()))?.url == introspection.url)

    var mutual = MutualTLSMethod()
    mutual.allow = ["alice"]
    let alice = ClientCertificate(subject: "CN=alice", alternativeNames: [])
    #expect(caller(try make(.mutualTLS(mutual)).identify(evidence(certificate: alice), now: moment()))?.subject == "alice")

    var page = SessionTokenMethod()
    page.lifetime = .seconds(60)
    page.reuse = .untilExpiry
    page.bind = []
    let guarded = builder.sessionToken("page", page)
    let issued = try guarded.issue(to: nil, for: evidence(), now: moment())
    #expect(issued.expiresAt == issuedAt + 60)
    // A reload makes the guard anew; the token stays good.
    let reloaded = try builder.make("page", .sessionToken(page))
    for _ in 0..<2 { #expect(caller(reloaded.identify(evidence(issued.token, route: "/b"), now: moment())) != nil) }
    #expect(try builder.make("other", .sessionToken(page)).identify(evidence(issued.token), now: moment()) == refused("unknown_token"))
  }

  @Test func whatCannotBePutToUse() throws {
    var apiKey = APIKeyMethod()
    apiKey.file = try folder.write("bad.yaml", "keys: [{sha256: \(canary), subject: a}]")
    let noKey = try folder.write("no.pem", canary)
    let rows: [(AuthenticationMethod, String)] = [
      (Self.jwt { _ in }, "there is no key to check tokens with"),
      (Self.jwt { $0.secret = .environment("MISSING") }, "MISSING"),
      (Self.jwt { $0.publicKey = "/nowhere/key.pem" }, "'/nowhere/key.pem' cannot be read: no such file"),
      (Self.jwt { $0.publicKey = noKey }, "'\(noKey)': key is malformed: expected a public key in pem"),
      (Self.jwt { $0.jwksFile = noKey }, "'\(noKey)': key is malformed: expected json"),
      (.apiKey(apiKey), "'sha256' in key 1 must be the sha-256 of the key in 64 hexadecimal digits"),
    ]
    for (method, text) in rows {
      let failure = #expect(throws: GuardFailure.self) { _ = try make(method) }
      #expect(failure?.description.contains(text) == true, "\(failure?.description ?? "")")
      #expect(failure?.description.contains(canary) == false)
    }
  }
}
