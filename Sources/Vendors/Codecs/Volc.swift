import JSON

/// Volcengine's speech services: a header of four bytes, a sequence number perhaps, and a payload behind its length.
///
/// Bytes: https://www.volcengine.com/docs/6561/1354869. The JSON of a message is `{"type": ..., "last": ..., "sequence": ...,
/// "code": ..., "payload": ...}`.
enum Volc {
  static let payload = "payload"
  static let types: [(code: UInt8, name: String)] = [
    (0b0001, "full_client_request"), (0b0010, "audio_only"), (0b1001, "full_server_response"), (0b1011, "ack"), (0b1111, error),
  ]
  static let error = "error"
  /// What a payload may be unpacked.
  static let largestPayload = MessageFraming.largestMessage

  static func open(_ bytes: ArraySlice<UInt8>) throws(FramingError) -> FramedMessage {
    var reader = ByteReader(bytes)
    let first = try reader.byte(), second = try reader.byte(), third = try reader.byte()
    _ = try reader.byte()
    // The version, and the header's size in words of four bytes.
    guard first >> 4 == 1, first & 15 >= 1 else { throw .illegal("a header of version \(first >> 4) and size \(first & 15)") }
    _ = try reader.take(4 * (Int(first & 15) - 1))
    guard let type = types.first(where: { $0.code == second >> 4 })?.name else { throw .illegal("a message of type \(second >> 4)") }
    let flags = second & 15
    guard flags < 4 else { throw .illegal("flags \(flags)") }
    var message = FramedMessage(.object(["type": .string(type), "last": .bool(flags & 2 != 0)]))
    if type == error {
      if flags & 1 != 0 { message.value["sequence"] = .int(try reader.signed(4)) }
      message.value["code"] = .int(Int64(try reader.number(4)))
    } else if flags & 1 != 0 || (type == "full_server_response" && hasSequence(reader)) {
      message.value["sequence"] = .int(try reader.signed(4))
    }
    let length = try reader.length(4)
    let packed = try reader.take(length)
    guard reader.count == 0 else { throw .excess(reader.count) }
    let payload: [UInt8]
    switch third & 15 {
    case 0: payload = Array(packed)
    case 1: payload = packed.isEmpty ? [] : try Gzip.inflate(packed, limit: largestPayload)
    case let method: throw .illegal("compression \(method)")
    }
    if type == "audio_only" || third >> 4 == 0 && type != error {
      message.value[Self.payload] = FramedMessage.placeholder(payload)
      message.parts = [FramedMessage.Part(path: Self.payload, bytes: payload)]
    } else {
      message.value[Self.payload] = (try? JSONValue.parse(payload)) ?? .string(String(decoding: payload, as: UTF8.self))
    }
    return message
  }

  /// Answers bear a sequence number whatever their flags say, or none: the length tells which.
  private static func hasSequence(_ reader: ByteReader) -> Bool {
    var behind = reader
    guard let length = try? behind.number(4), Int(length) == behind.count else { return true }
    return false
  }

  /// - Parameter audio: whether the payload is base64 of bytes.
  static func close(_ message: JSONValue, audio: Bool) -> [UInt8] {
    let name = message["type"]?.stringValue
    let type = types.first { $0.name == name }?.code ?? 0
    let sequence = message["sequence"]?.intValue
    let isLast = message["last"]?.boolValue ?? (sequence.map { $0 < 0 } ?? false)
    let payload = Gzip.deflate(MessageFraming.body(message[Self.payload], audio: audio))
    var bytes: [UInt8] = [0x11, type << 4 | (isLast ? 2 : 0) | (sequence == nil ? 0 : 1), audio ? 0x01 : 0x11, 0]
    if let sequence { bytes.append(bigEndian: sequence, width: 4) }
    if name == error { bytes.append(bigEndian: message["code"]?.intValue ?? 0, width: 4) }
    bytes.append(bigEndian: payload.count, width: 4)
    return bytes + payload
  }
}
