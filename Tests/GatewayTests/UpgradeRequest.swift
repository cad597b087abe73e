/// The request of a client that opens a WebSocket: right in every point, until a test changes one.
struct UpgradeRequest {
  var line: String
  var headers: [(name: String, value: String)]

  /// - Parameter more: further header lines.
  init(_ target: String, _ more: [(String, String)] = []) {
    line = "GET \(target) HTTP/1.1"
    headers = [
      ("Host", "voxgate.test"), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
      ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    for (name, value) in more { headers.append((name, value)) }
  }

  /// The same request with other lines of one header, or none.
  func with(_ name: String, _ values: String...) -> UpgradeRequest {
    var changed = self
    changed.headers.removeAll { $0.name == name }
    for value in values { changed.headers.append((name, value)) }
    return changed
  }

  func with(line: String) -> UpgradeRequest {
    var changed = self
    changed.line = line
    return changed
  }

  var text: String { ([line] + headers.map { "\($0.name): \($0.value)" }).joined(separator: "\r\n") + "\r\n\r\n" }
}
