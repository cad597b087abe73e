import Configuration

/// Cross-origin answers: which pages may read what a path answers, and what they may send (Fetch standard section 3.2).
struct CrossOrigin: Sendable {
  private static let methods = "GET, POST, OPTIONS"

  let origins: [OriginPattern]
  let settings: RouteCORS

  /// The answer to a page that asks what it may send; nil for one that may not.
  func preflight(_ origin: String) -> HTTPAnswer? {
    guard isAllowed(origin) else { return nil }
    let (seconds, _) = settings.maxAge.components
    var headers = headers(for: origin) + [("Access-Control-Allow-Methods", Self.methods)]
    if !settings.headers.isEmpty { headers.append(("Access-Control-Allow-Headers", settings.headers.joined(separator: ", "))) }
    headers.append(("Access-Control-Max-Age", String(seconds)))
    return HTTPAnswer(status: 200, headers: headers)
  }

  /// What an answer says to the page that asked; to others only that it depends on the page.
  func headers(for origin: String?) -> [(String, String)] {
    guard !origins.isEmpty else { return [] }
    let vary = ("Vary", "Origin")
    guard let origin, isAllowed(origin) else { return [vary] }
    // Whoever is let in by `*` alone has not been chosen by anybody, and gets nothing that belongs to a cookie.
    let isChosen = origins.contains { $0 != .any && $0.matches(origin) }
    let credentials = isChosen && settings.credentials ? [("Access-Control-Allow-Credentials", "true")] : []
    return [("Access-Control-Allow-Origin", origin)] + credentials + [vary]
  }

  private func isAllowed(_ origin: String) -> Bool {
    origins.contains { $0.matches(origin) }
  }
}
