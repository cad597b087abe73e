import CZlib
import JSON

/// AWS event streams: each binary message is one of theirs.
///
/// Bytes: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html; the types of header values as in
/// https://smithy.io/2.0/aws/amazon-eventstream.html. The JSON of a message is `{"headers": {...}, "payload": ...}`.
enum EventStream {
  /// Total length, length of the headers, and the checksum of these two.
  static let preludeBytes = 12
  /// https://smithy.io/2.0/aws/amazon-eventstream.html: headers of at most 128 KiB.
  static let longestHeaders = 128 << 10
  static let payload = "payload"

  static func open(_ bytes: ArraySlice<UInt8>) throws(FramingError) -> FramedMessage {
    var reader = ByteReader(bytes)
    let total = Int(try reader.number(4)), headersLength = Int(try reader.number(4))
    guard total >= preludeBytes + 4, headersLength <= min(total - preludeBytes - 4, longestHeaders) else {
      throw .illegal("lengths of \(total) and \(headersLength) bytes")
    }
    guard try reader.number(4) == UInt64(checksum(bytes.prefix(8))) else { throw .checksum }
    guard bytes.count >= total else { throw .truncated }
    guard bytes.count == total else { throw .excess(bytes.count - total) }
    var message = FramedMessage(.object([:]))
    let headers = try self.headers(try reader.take(headersLength))
    let payload = try reader.take(reader.count - 4)
    guard try reader.number(4) == UInt64(checksum(bytes.prefix(total - 4))) else { throw .checksum }
    message.value["headers"] = .object(headers)
    // Everybody spells it as it likes.
    let type = (headers[":content-type"] ?? headers["content-type"])?.stringValue ?? ""
    if type.contains("json"), let json = try? JSONValue.parse(Array(payload)) {
      message.value[Self.payload] = json
    } else {
      message.value[Self.payload] = FramedMessage.placeholder(payload)
      message.parts = [FramedMessage.Part(path: Self.payload, bytes: Array(payload))]
    }
    return message
  }

  private static func headers(_ bytes: ArraySlice<UInt8>) throws(FramingError) -> JSONObject {
    var reader = ByteReader(bytes)
    var headers = JSONObject()
    while reader.count > 0 {
      let name = try reader.text(try reader.length(1))
      guard headers[name] == nil else { throw .illegal("a header twice") }
      headers[name] = try value(&reader)
    }
    return headers
  }

  private static func value(_ reader: inout ByteReader) throws(FramingError) -> JSONValue {
    switch try reader.byte() {
    case 0: return .bool(true)
    case 1: return .bool(false)
    case 2: return .int(try reader.signed(1))
    case 3: return .int(try reader.signed(2))
    case 4: return .int(try reader.signed(4))
    // A long, and milliseconds since 1970.
    case 5, 8: return .int(try reader.signed(8))
    case 6: return .string(Base64.encode(try reader.take(try reader.length(2))))
    case 7: return .string(try reader.text(try reader.length(2)))
    case 9: return .string(Base64.encode(try reader.take(16)))
    case let type: throw .illegal("a header of type \(type)")
    }
  }

  /// - Parameter audio: whether the payload is base64 of bytes.
  static func close(_ message: JSONValue, audio: Bool) -> [UInt8] {
    var headers: [UInt8] = []
    for header in message["headers"]?.objectValue ?? [:] {
      let name = Array(header.name.utf8.prefix(255))
      headers.append(UInt8(name.count))
      headers += name
      switch header.value {
      case .bool(let value): headers.append(value ? 0 : 1)
      case .int(let value):
        headers.append(5)
        headers.append(bigEndian: value, width: 8)
      default:
        let text = Array((header.value.stringValue ?? header.value.text()).utf8.prefix(Int(Int16.max)))
        headers.append(7)
        headers.append(bigEndian: text.count, width: 2)
        headers += text
      }
    }
    let payload = MessageFraming.body(message[Self.payload], audio: audio)
    var bytes: [UInt8] = []
    bytes.append(bigEndian: preludeBytes + headers.count + payload.count + 4, width: 4)
    bytes.append(bigEndian: headers.count, width: 4)
    bytes.append(bigEndian: checksum(bytes[...]), width: 4)
    bytes += headers + payload
    bytes.append(bigEndian: checksum(bytes[...]), width: 4)
    return bytes
  }

  /// CRC-32 as gzip has it.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    UInt32(truncatingIfNeeded: unsafe bytes.withUnsafeBufferPointer { unsafe crc32(0, $0.baseAddress, UInt32($0.count)) })
  }
}
