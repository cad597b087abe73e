import Guards

/// A whole HTTP/1.1 response as a value; the connection ends after it (RFC 9112 section 9.6).
struct HTTPAnswer: Sendable {
  var status: Int
  var headers: [(String, String)]
  var body: [UInt8]

  init(status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// - Parameter session: the id that logs have for this opening.
  init(_ refusal: Refusal, session: String) {
    self.init(status: refusal.status, headers: refusal.headers.map { ($0.name, $0.value) }, body: refusal.body(session: session))
  }

  static func text(_ text: String, status: Int = 200) -> HTTPAnswer {
    HTTPAnswer(status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: Array(text.utf8))
  }

  static func json(_ body: [UInt8], status: Int = 200) -> HTTPAnswer {
    HTTPAnswer(status: status, headers: [("Content-Type", "application/json")], body: body)
  }

  /// With the headers that every answer to a client has, where it has none of its own by that name.
  func secured(tls: Bool) -> HTTPAnswer {
    var answer = self
    let missing = SecurityHeaders.all(tls: tls).filter { header in !headers.contains { $0.0 == header.name } }
    answer.headers += missing.map { ($0.name, $0.value) }
    return answer
  }

  /// The response as it goes out.
  ///
  /// - Parameter withBody: false for the answer to HEAD, which keeps the length but not the body (RFC 9110 section 9.3.2).
  func bytes(withBody: Bool = true) -> [UInt8] {
    var head = Self.head(status: status, headers: headers)
    head += "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
    return Array(head.utf8) + (withBody ? body : [])
  }

  /// A status line and header lines, without the empty line that ends them.
  static func head(status: Int, headers: [(String, String)]) -> String {
    var head = "HTTP/1.1 \(status) \(phrase(status))\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    return head
  }

  private static func phrase(_ status: Int) -> String {
    switch status {
    case 101: "Switching Protocols"
    case 200: "OK"
    case 202: "Accepted"
    case 204: "No Content"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 421: "Misdirected Request"
    case 422: "Unprocessable Content"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    default: "Status"
    }
  }
}
