import Glibc
import JSON
import WebSocket

/// What the handshake inside the socket looks for in a message.
extension Message {
  /// Bytes of payload.
  var size: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .binary(let bytes): bytes.count
    }
  }

  /// The same as text; nil where it is none.
  var asText: Message? {
    switch self {
    case .text: self
    case .binary(let bytes): String(validating: bytes, as: UTF8.self).map { .text($0) }
    }
  }

  /// The content, if it is JSON; of members with one name the last counts, as for JavaScript.
  func json(evenBinary: Bool) -> JSONValue? {
    switch self {
    case .text(let text): try? JSONValue.parse(text, allowDuplicates: true)
    case .binary(let bytes): evenBinary ? try? JSONValue.parse(bytes, allowDuplicates: true) : nil
    }
  }

  /// Whether it begins and ends as an object or an array does.
  var looksLikeJSON: Bool {
    unsafe withBytes { bytes in
      let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
      guard let first = unsafe bytes.first(where: { !isBlank($0) }), let last = unsafe bytes.last(where: { !isBlank($0) }) else {
        return false
      }
      return (first == UInt8(ascii: "{") && last == UInt8(ascii: "}")) || (first == UInt8(ascii: "[") && last == UInt8(ascii: "]"))
    }
  }

  /// Whether it is a text that begins as an object does.
  var beginsLikeAnObject: Bool {
    guard case .text(let text) = self else { return false }
    return text.utf8.first { $0 != 0x20 && !(0x09...0x0D).contains($0) } == UInt8(ascii: "{")
  }

  /// Whether one of the marks is in it. Each begins with a quotation mark, of which audio as base64 has none.
  func mentions(_ marks: [[UInt8]]) -> Bool {
    unsafe withBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      var offset = 0
      while offset < bytes.count, let quote = unsafe memchr(start + offset, 0x22, bytes.count - offset) {
        let position = unsafe UnsafeRawPointer(quote) - start
        let rest = unsafe bytes[position...]
        if marks.contains(where: { unsafe rest.starts(with: $0) }) { return true }
        offset = position + 1
      }
      return false
    }
  }

  private func withBytes(_ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
    switch self {
    case .text(var text): text.withUTF8 { unsafe body(UnsafeRawBufferPointer($0)) }
    case .binary(let bytes): unsafe bytes.withUnsafeBytes { unsafe body($0) }
    }
  }
}
