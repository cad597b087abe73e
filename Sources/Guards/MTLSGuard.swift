import Configuration

/// Accepts the certificate of a client, by the name in it.
public struct MTLSGuard: CallerGuard {
  public let method = "mtls"
  private let name: MutualTLSMethod.Name
  private let allowed: [String]

  /// - Parameters:
  ///   - name: what names the caller: the certificate's common name, or its first alternative name.
  ///   - allowed: names that may pass; empty for every certificate that the listener's authorities signed. An alternative name is given
  ///     with its kind (`URI:spiffe://example/alice`) or without.
  public init(name: MutualTLSMethod.Name, allowed: [String] = []) {
    self.name = name
    self.allowed = allowed
  }

  public func identify(_ evidence: Evidence, now: Moment) -> Identification {
    guard let certificate = evidence.certificate else { return .absent }
    let names: [String]
    switch name {
    case .subject:
      guard let common = certificate.commonName, !common.isEmpty else { return .refused(CredentialError("no_name")) }
      names = [common]
    case .san:
      names = certificate.alternativeNames
      guard !names.isEmpty else { return .refused(CredentialError("no_name")) }
    }
    guard let subject = allowed.isEmpty ? names.first : names.first(where: isAllowed) else {
      return .refused(CredentialError("name_not_allowed"))
    }
    return .caller(Caller(subject: subject, method: method))
  }

  private func isAllowed(_ text: String) -> Bool {
    var forms = [text]
    if name == .san, let colon = text.firstIndex(of: ":") { forms.append(String(text[text.index(after: colon)...])) }
    return allowed.contains { entry in forms.contains { $0.utf8.elementsEqual(entry.utf8) } }
  }
}
