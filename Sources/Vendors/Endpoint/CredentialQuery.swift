/// Query parameters that carry a client's credential with one vendor or another: they never pass to an upstream from a client.
enum CredentialQuery {
  static let names: Set<String> = [
    "token", "access_token", "api-key", "api_key", "apikey", "xi-api-key", "x-goog-api-key", "single_use_token", "authorization", "jwt",
    "subscription-key", "client_secret",
  ]
}
