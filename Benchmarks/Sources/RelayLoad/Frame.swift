/// The header of a frame, RFC 6455 section 5.2.
struct FrameHeader {
  static let continuation: UInt8 = 0x0
  static let text: UInt8 = 0x1
  static let binary: UInt8 = 0x2
  static let close: UInt8 = 0x8
  static let ping: UInt8 = 0x9
  static let pong: UInt8 = 0xA

  /// FIN, the reserved bits and the opcode.
  var first: UInt8 = 0
  var length = 0
  /// The masking key in the order of the wire, read as a native integer; 0 where the frame is not masked.
  var mask: UInt32 = 0

  var opcode: UInt8 { first & 0x0F }
  var isFinal: Bool { first & 0x80 != 0 }
  var isControl: Bool { first & 0x08 != 0 }

  /// Writes the header without a mask and answers its length, at most 10.
  @inline(__always)
  static func write(first: UInt8, length: Int, maskBit: UInt8 = 0, to bytes: UnsafeMutableRawPointer) -> Int {
    bytes.storeBytes(of: first, as: UInt8.self)
    switch length {
    case ..<126:
      bytes.storeBytes(of: maskBit | UInt8(length), toByteOffset: 1, as: UInt8.self)
      return 2
    case ...0xFFFF:
      bytes.storeBytes(of: maskBit | 126, toByteOffset: 1, as: UInt8.self)
      bytes.storeBytes(of: UInt16(length).bigEndian, toByteOffset: 2, as: UInt16.self)
      return 4
    default:
      bytes.storeBytes(of: maskBit | 127, toByteOffset: 1, as: UInt8.self)
      bytes.storeBytes(of: UInt64(length).bigEndian, toByteOffset: 2, as: UInt64.self)
      return 10
    }
  }
}

/// Whole frames, as bytes.
enum Frame {
  /// A frame as a client sends it (section 5.3).
  static func masked(opcode: UInt8, _ payload: [UInt8], key: UInt32) -> [UInt8] {
    var frame = [UInt8](repeating: 0, count: 14 + payload.count)
    let length = frame.withUnsafeMutableBytes { bytes in
      let header = FrameHeader.write(first: 0x80 | opcode, length: payload.count, maskBit: 0x80, to: bytes.baseAddress!)
      bytes.storeBytes(of: key, toByteOffset: header, as: UInt32.self)
      payload.withUnsafeBytes { Mask.copy($0, to: bytes.baseAddress! + header + 4, key: key, offset: 0) }
      return header + 4 + payload.count
    }
    return Array(frame[..<length])
  }
}
