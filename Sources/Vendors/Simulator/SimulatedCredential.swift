import JSON

extension VendorDescriptor {
  /// A credential for this vendor's simulator, which knows no account: the word, or where the vendor's has several fields, a JSON object
  /// of them with the word as the key that signs.
  public func simulatedCredential(_ word: String) -> String {
    guard case .signed(let rules)? = credential.placements.first else { return word }
    let (id, key) = rules.signer.fields
    return JSONValue.object([id: "simulated", key: .string(word)]).text()
  }
}
