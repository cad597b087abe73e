import Configuration
import JSON
import TestSupport
import Tokens
@testable import Guards

/// An issuer's Ed25519 key, the same for the same seed, that signs tokens for tests.
struct IssuerKey {
  let name: String?
  private let key: Ed25519Key

  init(_ name: String?, seed: UInt8) {
    self.name = name
    key = Ed25519Key(seed)
  }

  var jwk: JSONValue {
    var object: JSONObject = ["kty": "OKP", "crv": "Ed25519", "use": "sig", "x": .string(Base64URL.encode(key.publicBytes))]
    if let name { object["kid"] = .string(name) }
    return .object(object)
  }

  func token(kid: String?? = .none, _ claims: JSONObject = ["sub": "alice", "exp": .int(issuedAt + 300)]) -> String {
    var header: JSONObject = ["alg": "EdDSA"]
    if let kid = kid ?? name { header["kid"] = .string(kid) }
    let input = [JSONValue.object(header), .object(claims)].map { Base64URL.encode($0.serialize()) }.joined(separator: ".")
    return input + "." + Base64URL.encode(key.sign(input))
  }

  /// The document that an issuer with these keys publishes.
  static func document(_ keys: IssuerKey...) -> [UInt8] { JSONValue.object(["keys": .array(keys.map(\.jwk))]).serialize() }
}

/// A client with this credential and nothing else.
func evidence(
  _ credential: String? = nil, place: CredentialPlace? = nil, route: String = "/a", from text: String = "192.168.1.10",
  origin: String? = nil, certificate: ClientCertificate? = nil, headers: [(name: String, value: String)] = []
) -> Evidence {
  Evidence(
    credential: credential, place: place, route: route, client: ClientAddress(ip(text)), origin: origin, certificate: certificate,
    headers: headers)
}

func ok(_ body: [UInt8], headers: [Inquiry.Field] = [], status: Int = 200) -> InquiryAnswer {
  .response(status: status, headers: headers, body: body)
}

func ok(_ text: String) -> InquiryAnswer { ok(Array(text.utf8)) }

/// What a guard asks; nil when it does not.
func inquiry(_ identification: Identification) -> Inquiry? {
  if case .ask(let inquiry) = identification { inquiry } else { nil }
}

func caller(_ identification: Identification) -> Caller? {
  if case .caller(let caller) = identification { caller } else { nil }
}

func refused(_ name: String) -> Identification { .refused(CredentialError(name)) }

func unavailable(_ name: String) -> Identification { .unavailable(CredentialError(name)) }
