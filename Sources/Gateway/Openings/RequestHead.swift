import NIOHTTP1

/// A request head as plain values, on its way from the channel to whoever answers.
struct RequestHead: Sendable {
  var method: String
  var version: (major: Int, minor: Int)
  /// The path as it came, percent-encoded.
  var path: String
  /// What follows the `?`, nil without one.
  var query: String?
  var headers: [(name: String, value: String)]

  init(_ head: HTTPRequestHead) {
    method = head.method.rawValue
    version = (head.version.major, head.version.minor)
    let mark = head.uri.firstIndex(of: "?")
    path = String(head.uri[..<(mark ?? head.uri.endIndex)])
    query = mark.map { String(head.uri[head.uri.index(after: $0)...]) }
    headers = head.headers.map { (name: $0.name, value: $0.value) }
  }

  /// Every value of a header, line by line; names are compared without case.
  func values(_ name: String) -> [String] {
    headers.filter { $0.name.count == name.count && $0.name.lowercased() == name.lowercased() }.map(\.value)
  }

  /// The page that asks; nil without one. Several lines joined, which is then no origin.
  var origin: String? {
    let lines = values("Origin")
    return lines.isEmpty ? nil : lines.joined(separator: ", ")
  }

  /// Whether a page asks what it may send (Fetch standard section 3.2.2).
  var isPreflight: Bool { method == "OPTIONS" && origin != nil }

  /// Whether the client wants to leave HTTP.
  var asksForUpgrade: Bool { !values("Upgrade").isEmpty }
}

extension RequestHead: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Neither the query nor the headers, where credentials are.
  var description: String { "\(method) \(path)" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: [:]) }
}
