import Configuration
import Tokens

/// Who may ask something of the operator's address.
///
/// A web page can send requests to any address that its browser can reach, this machine's own among them. Without a token it is kept out
/// by what a browser says of itself: a page of elsewhere cannot leave out its `Origin`, and one whose name was made to lead here (DNS
/// rebinding) still has that name in `Host`.
struct AdminAccess: Sendable {
  let address: ListenAddress
  /// Bearer token that every request needs, where there is one.
  let token: Secret?

  /// Why a request is not taken as one of the operator's; nil where it may be.
  func refusal(_ head: RequestHead) -> HTTPAnswer? {
    // Everybody may know these, and load balancers ask for them by any name.
    if head.path == "/health" || head.path == "/ready" { return nil }
    let hosts = head.values("Host")
    if case .network = address, token == nil, hosts.count != 1 || !Self.isOwn(hosts[0]) {
      return .problem(421, "forbidden_host", "ask for this address by its IP address or as localhost, or give 'admin' a token")
    }
    guard head.method != "GET", head.method != "HEAD" else { return nil }
    let isForeign = head.origin.map { origin in !hosts.contains { Self.authority(origin) == $0.lowercased() } } ?? false
    // Fetch Metadata, for the requests that come without an Origin.
    let isCrossSite = head.values("Sec-Fetch-Site").contains { $0 != "same-origin" && $0 != "none" }
    return isForeign || isCrossSite ? .problem(403, "forbidden_origin", "a page of another site asked for this") : nil
  }

  /// Whether the request has the token, where it needs one.
  func admits(_ head: RequestHead) -> Bool {
    // A table without a token has another address than this one, whose last connections are not to have less to show for that.
    guard let token else { return address.isLocal }
    let given = head.values("Authorization").first ?? ""
    return ConstantTime.equal(Array(given.utf8), Array("Bearer \(token.reveal())".utf8))
  }

  /// Whether a `Host` names this machine in a way that no name server can have a say in.
  private static func isOwn(_ host: String) -> Bool {
    guard let colon = host.lastIndex(of: ":"), host[host.index(after: colon)...].allSatisfy(\.isNumber) else { return isOwnName(host) }
    return isOwnName(String(host[..<colon]))
  }

  private static func isOwnName(_ name: String) -> Bool {
    if name.hasPrefix("["), name.hasSuffix("]") { return IPAddress(String(name.dropFirst().dropLast())) != nil }
    return name.lowercased() == "localhost" || IPAddress(name) != nil
  }

  /// `localhost:9090` of `http://localhost:9090`; nil where it is no such origin, as `null` is none.
  private static func authority(_ origin: String) -> String? {
    for scheme in ["http://", "https://"] where origin.lowercased().hasPrefix(scheme) {
      return origin.dropFirst(scheme.count).lowercased()
    }
    return nil
  }
}
