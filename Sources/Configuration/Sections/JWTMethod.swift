import YAML

/// JSON Web Tokens (RFC 7519) from the operator's own login.
public struct JWTMethod: Section, Equatable {
  /// RFC 7518 section 3.1 and RFC 8037. `none` does not exist here.
  public enum Algorithm: String, CaseIterable, Sendable {
    case hs256 = "HS256", hs384 = "HS384", hs512 = "HS512"
    case rs256 = "RS256", rs384 = "RS384", rs512 = "RS512"
    case ps256 = "PS256", ps384 = "PS384", ps512 = "PS512"
    case es256 = "ES256", es384 = "ES384", es512 = "ES512"
    case edDSA = "EdDSA"

    public var isSymmetric: Bool { rawValue.hasPrefix("HS") }
  }

  public var algorithms: [Algorithm] = [.hs256]
  public var secret: SecretReference?
  public var publicKey: String?
  public var jwksFile: String?
  public var jwksURL: String?
  public var oidcIssuer: String?
  public var plainHTTP = false
  public var issuer: String?
  public var audience: [String] = []
  public var leeway = Duration.seconds(30)
  public var requiredClaims = ["exp"]
  public var tierClaim: String?
  public var routesClaim: String?
  public var from: [CredentialPlace] = [.authorization, .query, .subprotocol, .vendor, .message]

  public init() {}

  public static let section = SectionDescription<JWTMethod>(
    "JWTMethod", "A JSON Web Token. `sub`, else `userId`, becomes the subject of the session.",
    fields: [
      .tag("type", "jwt"),
      Field(
        "algorithms", \.algorithms, .list(of: .choice, atLeast: 1),
        "The algorithms that are accepted; a token cannot choose another. A shared secret takes HS, a public key the others."),
      Field(
        "secret", \.secret, .secret,
        """
        Shared secret for HS256, HS384 and HS512. In production at least 32 bytes (RFC 7518 section 3.2): shorter ones can be guessed \
        offline.
        """),
      Field("public_key", \.publicKey, .path, "PEM file with the public key that signs."),
      Field("jwks_file", \.jwksFile, .path, "File with a JSON Web Key Set (RFC 7517)."),
      Field(
        "jwks_url", \.jwksURL, .httpURL,
        "URL of a JSON Web Key Set: fetched when first needed, again after ten minutes, and once when a token names an unknown `kid`."),
      Field(
        "oidc_issuer", \.oidcIssuer, .httpURL,
        "OpenID Connect issuer whose discovery document names the key set. `iss` must be the same, unless `issuer` says otherwise."),
      .plainHTTP(\.plainHTTP),
      Field("issuer", \.issuer, .text, "What `iss` must be. Not checked unless given."),
      Field(
        "audience", \.audience, .list(of: .text, single: true),
        "`aud` must name one of these. Unless given, a token made for any other service of the same issuer passes."),
      Field("leeway", \.leeway, .duration(.zero ... .seconds(300)), "How far the clocks may differ when `exp` and `nbf` are checked."),
      Field(
        "required_claims", \.requiredClaims, .list(of: .text),
        "Claims that a token must have. Without `exp` here, a token that never expires passes."),
      Field(
        "tier_claim", \.tierClaim, .text,
        "Claim that names the tier of the subject. Only for an issuer that you trust with your bill."),
      Field("routes_claim", \.routesClaim, .text, "Claim that lists the routes the subject may open. A token without it may open all."),
      Field("from", \.from, .list(of: .choice, atLeast: 1), "Where the token may be."),
    ],
    rules: [.exactlyOne(["secret", "public_key", "jwks_file", "jwks_url", "oidc_issuer"])]
  ) { method, node, place, reader in
    // RFC 8725 section 2.1: a public key taken for a shared secret lets everybody sign.
    let given = [node["secret"], node["public_key"], node["jwks_file"], node["jwks_url"], node["oidc_issuer"]].compactMap { $0 }
    if given.count == 1, method.algorithms.contains(where: { $0.isSymmetric != (method.secret != nil) }) {
      let fitting = method.secret != nil ? "HS256, HS384 or HS512" : "RS, PS, ES or EdDSA algorithms"
      reader.error("'algorithms' in \(place.owner) must be \(fitting) for this key", at: (node["algorithms"] ?? node).start)
    }
  }
}
