import JSON

/// Azure Speech: header lines and a body, as text, or behind the length of the header lines as binary.
///
/// Rules: https://docs.microsoft.com/en-us/azure/cognitive-services/Speech/api-reference-rest/websocketprotocol. The JSON of a message is
/// `{"headers": {...}, "body": ...}`, the names of headers in lower case.
enum USP {
  /// The most header lines of a binary message, as the rules have it.
  static let longestHeaders = 8192
  static let body = "body"
  /// As they are written.
  private static let names = ["path": "Path", "x-requestid": "X-RequestId", "x-timestamp": "X-Timestamp", "content-type": "Content-Type"]

  static func open(_ bytes: ArraySlice<UInt8>, isText: Bool) throws(FramingError) -> FramedMessage {
    isText ? try text(bytes) : try binary(bytes)
  }

  private static func text(_ bytes: ArraySlice<UInt8>) throws(FramingError) -> FramedMessage {
    // A message without a body may end with its headers.
    let end = firstIndex(of: Array("\r\n\r\n".utf8), in: bytes)
    let head = bytes[..<(end ?? bytes.endIndex)]
    guard head.count <= longestHeaders else { throw .tooLarge("a head of \(head.count) bytes") }
    var message = FramedMessage(.object(["headers": .object(try headers(head))]))
    let body = end.map { bytes[($0 + 4)...] } ?? []
    guard let text = String(validating: body, as: UTF8.self) else { throw .illegal("a text that is not UTF-8") }
    message.value[Self.body] = (try? JSONValue.parse(text)) ?? .string(text)
    return message
  }

  private static func binary(_ bytes: ArraySlice<UInt8>) throws(FramingError) -> FramedMessage {
    var reader = ByteReader(bytes)
    let length = try reader.length(2)
    guard length <= longestHeaders else { throw .tooLarge("a head of \(length) bytes") }
    let headers = try headers(try reader.take(length))
    let body = Array(try reader.take(reader.count))
    return FramedMessage(
      .object(["headers": .object(headers), Self.body: FramedMessage.placeholder(body)]),
      parts: [FramedMessage.Part(path: Self.body, bytes: body)])
  }

  private static func headers(_ head: ArraySlice<UInt8>) throws(FramingError) -> JSONObject {
    guard let text = String(validating: head, as: UTF8.self) else { throw .illegal("headers that are not UTF-8") }
    var headers = JSONObject()
    for line in text.split(separator: "\r\n") {
      guard let colon = line.firstIndex(of: ":") else { throw .illegal("a header line without a colon") }
      headers[line[..<colon].lowercased()] = .string(trimmed(line[line.index(after: colon)...]))
    }
    guard headers["path"] != nil else { throw .illegal("headers without a Path") }
    return headers
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  private static func firstIndex(of wanted: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    bytes.indices.first { index in
      index + wanted.count <= bytes.endIndex && bytes[index] == wanted[0] && bytes[index..<index + wanted.count].elementsEqual(wanted)
    }
  }

  /// - Parameter audio: whether the body is base64 of bytes, and the message a binary one.
  static func close(_ message: JSONValue, audio: Bool) -> MessageFraming.Frame {
    let lines = (message["headers"]?.objectValue ?? [:]).map { header in
      "\(names[header.name.lowercased()] ?? header.name): \(header.value.stringValue ?? header.value.text())\r\n"
    }
    let body = MessageFraming.body(message[Self.body], audio: audio)
    guard audio else { return .text(lines.joined() + "\r\n" + String(decoding: body, as: UTF8.self)) }
    let head = Array(lines.joined().utf8.prefix(longestHeaders))
    var bytes: [UInt8] = []
    bytes.append(bigEndian: head.count, width: 2)
    return .binary(bytes + head + body)
  }
}
