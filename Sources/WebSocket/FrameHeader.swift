/// The head of a frame (RFC 6455 section 5.2): 2 to 14 bytes on the wire.
///
/// It can hold whatever those bytes can say, legal or not; `FrameRules` judges it.
public struct FrameHeader: Sendable, Equatable {
  /// FIN, RSV1-3 and the opcode as they travel.
  @usableFromInline var firstByte: UInt8
  /// Bytes of the extended payload length: 0, 2 or 8.
  @usableFromInline var lengthSize: UInt8
  /// The masking key, nil in an unmasked frame.
  ///
  /// In wire order: its lowest 8 bits are the first byte on the wire and mask the first byte of the payload.
  public var maskKey: UInt32?
  /// Bytes of payload that follow.
  public let payloadLength: UInt64

  /// The longest header: two bytes, a 64-bit length, a key.
  public static let maximumSize = 14

  /// - Parameter lengthSize: bytes of the extended length, 0, 2 or 8; nil is the shortest that holds it, the only legal one.
  public init(
    fin: Bool = true, rsv1: Bool = false, rsv2: Bool = false, rsv3: Bool = false, opcode: UInt8, maskKey: UInt32? = nil,
    payloadLength: UInt64, lengthSize: Int? = nil
  ) {
    firstByte = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | (rsv2 ? 0x20 : 0) | (rsv3 ? 0x10 : 0) | (opcode & 0x0F)
    self.lengthSize = lengthSize.map { $0 >= 8 ? 8 : $0 >= 2 ? 2 : 0 } ?? Self.minimalLengthSize(payloadLength)
    self.maskKey = maskKey
    self.payloadLength = payloadLength
  }

  public init(fin: Bool = true, rsv1: Bool = false, opcode: Opcode, maskKey: UInt32? = nil, payloadLength: Int) {
    self.init(fin: fin, rsv1: rsv1, opcode: opcode.rawValue, maskKey: maskKey, payloadLength: UInt64(max(0, payloadLength)))
  }

  /// The last frame of its message.
  @inlinable
  public var fin: Bool { firstByte & 0x80 != 0 }

  /// Set on the first frame of a compressed message where permessage-deflate was agreed (RFC 7692 section 6).
  @inlinable
  public var rsv1: Bool { firstByte & 0x40 != 0 }

  @inlinable
  public var rsv2: Bool { firstByte & 0x20 != 0 }

  @inlinable
  public var rsv3: Bool { firstByte & 0x10 != 0 }

  /// The four bits of the opcode, which may be a reserved one.
  @inlinable
  public var opcode: UInt8 { firstByte & 0x0F }

  /// The opcode, nil when it is reserved.
  @inlinable
  public var knownOpcode: Opcode? { Opcode(rawValue: firstByte & 0x0F) }

  /// Opcodes 8-15, the reserved ones included.
  @inlinable
  public var isControl: Bool { firstByte & 0x08 != 0 }

  /// The length is written in as few bytes as possible, as section 5.2 demands.
  @inlinable
  public var isLengthMinimal: Bool { lengthSize == Self.minimalLengthSize(payloadLength) }

  /// Bytes of this header on the wire.
  @inlinable
  public var encodedSize: Int { 2 &+ Int(lengthSize) &+ (maskKey == nil ? 0 : 4) }

  @inlinable
  static func minimalLengthSize(_ length: UInt64) -> UInt8 {
    length < 126 ? 0 : length <= 0xFFFF ? 2 : 8
  }
}

// MARK: Reading

extension FrameHeader {
  /// Bytes of a header whose second byte is `secondByte`.
  @inlinable @inline(__always)
  static func size(secondByte: UInt8) -> Int {
    let length = secondByte & 0x7F
    return 2 &+ (length < 126 ? 0 : length == 126 ? 2 : 8) &+ (secondByte & 0x80 == 0 ? 0 : 4)
  }

  /// Reads a header that is known to lie whole at `pointer`.
  @inlinable @inline(__always)
  init(at pointer: UnsafeRawPointer) {
    firstByte = unsafe pointer.load(as: UInt8.self)
    let second = unsafe pointer.load(fromByteOffset: 1, as: UInt8.self)
    switch second & 0x7F {
    case 126:
      lengthSize = 2
      payloadLength = UInt64(UInt16(bigEndian: unsafe pointer.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    case 127:
      lengthSize = 8
      payloadLength = UInt64(bigEndian: unsafe pointer.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
    case let length:
      lengthSize = 0
      payloadLength = UInt64(length)
    }
    if second & 0x80 != 0 {
      maskKey = UInt32(littleEndian: unsafe pointer.loadUnaligned(fromByteOffset: 2 &+ Int(lengthSize), as: UInt32.self))
    } else {
      maskKey = nil
    }
  }
}

// MARK: Writing

extension FrameHeader {
  /// Writes the header to the start of `buffer`, which must hold `encodedSize` bytes (at most `maximumSize`).
  ///
  /// - Returns: the bytes written, 0 when `buffer` is too short.
  public func encode(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let size = encodedSize
    guard buffer.count >= size else { return 0 }
    let maskBit: UInt8 = maskKey == nil ? 0 : 0x80
    unsafe buffer[0] = firstByte
    switch lengthSize {
    case 0:
      unsafe buffer[1] = maskBit | UInt8(truncatingIfNeeded: payloadLength & 0x7F)
    case 2:
      unsafe buffer[1] = maskBit | 126
      unsafe buffer.storeBytes(of: UInt16(truncatingIfNeeded: payloadLength).bigEndian, toByteOffset: 2, as: UInt16.self)
    default:
      unsafe buffer[1] = maskBit | 127
      unsafe buffer.storeBytes(of: payloadLength.bigEndian, toByteOffset: 2, as: UInt64.self)
    }
    if let maskKey {
      unsafe buffer.storeBytes(of: maskKey.littleEndian, toByteOffset: size - 4, as: UInt32.self)
    }
    return size
  }

  /// Appends the header to `bytes`.
  ///
  /// - Returns: the bytes written.
  @discardableResult
  public func encode(into bytes: inout [UInt8]) -> Int {
    let size = encodedSize
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: size))
    return unsafe bytes.withUnsafeMutableBytes { unsafe encode(into: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
  }

  /// A whole frame, its payload masked when there is a key. Meant for control frames and other short ones: it copies.
  public static func frame(
    opcode: Opcode, payload: [UInt8] = [], maskKey: UInt32? = nil, fin: Bool = true, rsv1: Bool = false
  ) -> [UInt8] {
    let header = FrameHeader(fin: fin, rsv1: rsv1, opcode: opcode, maskKey: maskKey, payloadLength: payload.count)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(header.encodedSize + payload.count)
    header.encode(into: &bytes)
    let start = bytes.count
    bytes.append(contentsOf: payload)
    if let maskKey {
      unsafe bytes.withUnsafeMutableBytes {
        unsafe Mask.apply(maskKey, phase: 0, to: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
      }
    }
    return bytes
  }
}
