import CLoadOpenSSL

/// The opening handshake of RFC 6455 section 4, as far as a benchmark needs it.
enum Opening {
  /// No head of ours or of a peer under test comes near this.
  static let maximumHead = 16 * 1024

  /// Sixteen random bytes in base64 (section 4.1, point 7).
  static func makeKey() -> String {
    var nonce = [UInt8](repeating: 0, count: 16)
    RAND_bytes(&nonce, 16)
    return base64(nonce)
  }

  /// `Sec-WebSocket-Accept` for a key (section 4.2.2, point 5.4).
  static func accept(for key: String) -> String {
    let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    SHA1(text, text.count, &digest)
    return base64(digest)
  }

  static func request(_ endpoint: Endpoint, key: String) -> String {
    "GET \(endpoint.path) HTTP/1.1\r\nHost: \(endpoint.host):\(endpoint.port)\r\nOrigin: http://localhost\r\nUpgrade: websocket\r\n"
      + "Connection: Upgrade\r\nSec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n\r\n"
  }

  /// The answer to the head of a request, or nil where it is no WebSocket opening.
  static func response(to head: String) -> String? {
    guard head.hasPrefix("GET "), let key = field("sec-websocket-key", in: head) else { return nil }
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: \(accept(for: key))\r\n\r\n"
  }

  /// Why the head of a response does not open the connection, or nil where it does.
  static func refusal(in head: String, accept: String) -> String? {
    let status = head.prefix { $0 != "\r\n" }
    guard status.hasPrefix("HTTP/1.1 101") else { return "opening refused: \(status)" }
    guard field("sec-websocket-accept", in: head) == accept else { return "opening answered with a wrong accept key" }
    return nil
  }

  /// How many bytes the head has, with the empty line that ends it; nil while it is not complete.
  static func headLength(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    for end in 4...bytes.count where bytes[end - 4..<end].elementsEqual([13, 10, 13, 10]) { return end }
    return nil
  }

  private static func field(_ name: String, in head: String) -> String? {
    for line in head.split(separator: "\r\n").dropFirst() {
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " }.prefix { $0 != " " })
    }
    return nil
  }

  /// With padding (RFC 4648 section 4).
  static func base64(_ bytes: [UInt8]) -> String {
    var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let length = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
    return String(decoding: text[..<Int(length)], as: UTF8.self)
  }
}
