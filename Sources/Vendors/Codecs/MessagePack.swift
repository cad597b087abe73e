import JSON

/// MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md): each message is one value.
struct MessagePack {
  /// Values within values.
  static let deepest = 32
  /// Values in all.
  static let most = 1 << 16

  private var reader: ByteReader
  private var values = 0
  private var parts: [FramedMessage.Part] = []

  static func open(_ bytes: ArraySlice<UInt8>) throws(FramingError) -> FramedMessage {
    var unpacker = MessagePack(reader: ByteReader(bytes))
    let value = try unpacker.value("", 0)
    guard unpacker.reader.count == 0 else { throw .excess(unpacker.reader.count) }
    return FramedMessage(value, parts: unpacker.parts)
  }

  private init(reader: ByteReader) { self.reader = reader }

  private mutating func value(_ path: String, _ depth: Int) throws(FramingError) -> JSONValue {
    values += 1
    guard depth <= Self.deepest, values <= Self.most else { throw .tooLarge("a nest of values") }
    let head = try reader.byte()
    switch head {
    case 0x00...0x7F: return .int(Int64(head))
    case 0x80...0x8F: return try map(Int(head & 15), path, depth)
    case 0x90...0x9F: return try array(Int(head & 15), path, depth)
    case 0xA0...0xBF: return .string(try reader.text(Int(head & 31)))
    case 0xC0: return .null
    case 0xC2: return .bool(false)
    case 0xC3: return .bool(true)
    case 0xC4...0xC6: return bytes(try reader.take(try reader.length(1 << (head & 3))), path)
    // Extensions: a type, and bytes.
    case 0xC7...0xC9:
      let length = try reader.length(1 << (head - 0xC7))
      _ = try reader.byte()
      return bytes(try reader.take(length), path)
    case 0xCA: return .double(Double(Float(bitPattern: UInt32(try reader.number(4)))))
    case 0xCB: return .double(Double(bitPattern: try reader.number(8)))
    case 0xCC...0xCF:
      let number = try reader.number(1 << (head & 3))
      return Int64(exactly: number).map { .int($0) } ?? .double(Double(number))
    case 0xD0...0xD3: return .int(try reader.signed(1 << (head & 3)))
    case 0xD4...0xD8:
      _ = try reader.byte()
      return bytes(try reader.take(1 << (head - 0xD4)), path)
    case 0xD9...0xDB: return .string(try reader.text(try reader.length(1 << (head - 0xD9))))
    case 0xDC, 0xDD: return try array(try reader.length(head == 0xDC ? 2 : 4), path, depth)
    case 0xDE, 0xDF: return try map(try reader.length(head == 0xDE ? 2 : 4), path, depth)
    case 0xE0...0xFF: return .int(Int64(Int8(bitPattern: head)))
    default: throw .illegal("a value of type \(head)")
    }
  }

  private mutating func bytes(_ bytes: ArraySlice<UInt8>, _ path: String) -> JSONValue {
    parts.append(FramedMessage.Part(path: path, bytes: Array(bytes)))
    return FramedMessage.placeholder(bytes)
  }

  private mutating func array(_ count: Int, _ path: String, _ depth: Int) throws(FramingError) -> JSONValue {
    var elements: [JSONValue] = []
    for index in 0..<count { elements.append(try value("\(path)[\(index)]", depth + 1)) }
    return .array(elements)
  }

  private mutating func map(_ count: Int, _ path: String, _ depth: Int) throws(FramingError) -> JSONValue {
    var members: [JSONObject.Member] = []
    for _ in 0..<count {
      let key = try value("", depth + 1)
      let name = key.stringValue ?? key.text()
      members.append(JSONObject.Member(name, try value(path.isEmpty ? name : "\(path).\(name)", depth + 1)))
    }
    return .object(JSONObject(members))
  }

  /// - Parameter audio: the paths of texts that are base64 of bytes.
  static func close(_ message: JSONValue, audio: Set<String>) -> [UInt8] {
    var bytes: [UInt8] = []
    append(message, "", audio, to: &bytes)
    return bytes
  }

  private static func append(_ value: JSONValue, _ path: String, _ audio: Set<String>, to bytes: inout [UInt8]) {
    switch value {
    case .null: bytes.append(0xC0)
    case .bool(let flag): bytes.append(flag ? 0xC3 : 0xC2)
    case .int(let number) where (0...0x7F).contains(number): bytes.append(UInt8(number))
    case .int(let number):
      bytes.append(0xD3)
      bytes.append(bigEndian: number, width: 8)
    case .string(let text) where audio.contains(path):
      let data = Base64.decode(text) ?? []
      bytes.append(0xC6)
      bytes.append(bigEndian: data.count, width: 4)
      bytes += data
    case .string(let text):
      let data = Array(text.utf8)
      if data.count < 32 {
        bytes.append(0xA0 | UInt8(data.count))
      } else {
        bytes.append(0xDB)
        bytes.append(bigEndian: data.count, width: 4)
      }
      bytes += data
    case .array(let elements):
      bytes.append(0xDD)
      bytes.append(bigEndian: elements.count, width: 4)
      for (index, element) in elements.enumerated() { append(element, "\(path)[\(index)]", audio, to: &bytes) }
    case .object(let object):
      bytes.append(0xDF)
      bytes.append(bigEndian: object.members.count, width: 4)
      for member in object {
        append(.string(member.name), "\u{0}", audio, to: &bytes)
        append(member.value, path.isEmpty ? member.name : "\(path).\(member.name)", audio, to: &bytes)
      }
    default:
      bytes.append(0xCB)
      bytes.append(bigEndian: (value.doubleValue ?? 0).bitPattern, width: 8)
    }
  }
}
