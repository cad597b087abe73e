/// Checks base64 (RFC 4648 section 4, with padding) that comes in arbitrary pieces, at the speed of memory and without storing it. It takes
/// what `Base64.decode` takes, and if it is told so the alphabet for URLs (section 5) as well.
public struct Base64Validator: Sendable, Equatable {
  /// Characters of the alphabet so far.
  public private(set) var letters = 0
  /// `=` so far.
  public private(set) var padding = 0
  private var last: UInt8 = 0
  private var hasForeign = false
  private let isURLSafe: Bool

  /// - Parameter isURLSafe: `-` and `_` stand for `+` and `/`, which are taken all the same.
  public init(isURLSafe: Bool = false) { self.isURLSafe = isURLSafe }

  /// Why a text is not base64.
  public enum Problem: Sendable, Equatable {
    /// A character that is not in the alphabet, or anything after padding; `offset` counts the characters before it.
    case foreign(offset: Int)
    /// The characters with their padding make no whole groups of four.
    case length(Int)
    /// RFC 4648 section 3.5: bits that the padding cuts off and no encoder sets.
    case strayBits
  }

  /// Characters so far, up to the first foreign one.
  public var count: Int { letters &+ padding }

  /// Bytes that the text so far decodes to.
  public var decodedCount: Int { letters &* 3 / 4 }

  /// What is wrong with the text if it ends here; nil for well-formed base64.
  public var problem: Problem? {
    if hasForeign { return .foreign(offset: count) }
    guard count & 3 == 0, padding <= 2 else { return .length(count) }
    let stray: UInt8 = padding == 0 ? 0 : padding == 1 ? 0b11 : 0b1111
    return Self.value(of: last) & stray == 0 ? nil : .strayBits
  }

  /// Takes the next characters.
  public mutating func consume(_ run: UnsafeRawBufferPointer) {
    guard let base = run.baseAddress, !hasForeign else { return }
    hasForeign = unsafe consume(base, from: 0, to: run.count) < run.count
  }

  /// Takes the next characters.
  public mutating func consume(_ run: [UInt8]) {
    unsafe run.withUnsafeBytes { unsafe consume($0) }
  }

  /// Takes characters up to the first that is foreign here, and says where that is: what it means is the caller's to say.
  mutating func consume(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    var at = start
    if padding == 0 {
      at = unsafe isURLSafe ? Self.anyLetters(base, from: start, to: end) : Self.letters(base, from: start, to: end)
      if at > start {
        letters &+= at &- start
        last = unsafe base.load(fromByteOffset: at &- 1, as: UInt8.self)
      }
    }
    while at < end, unsafe base.load(fromByteOffset: at, as: UInt8.self) == UInt8(ascii: "=") {
      padding &+= 1
      at &+= 1
    }
    return at
  }

  /// Takes one character; false for a foreign one.
  mutating func consume(_ byte: UInt8) -> Bool {
    if byte == UInt8(ascii: "=") {
      padding &+= 1
    } else {
      guard padding == 0, Self.isLetter(byte) || isURLSafe && Self.isURLLetter(byte) else { return false }
      letters &+= 1
      last = byte
    }
    return true
  }

  /// The end of the characters of the alphabet from `start` on.
  static func letters(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    unsafe letters(base, from: start, to: end, isURLSafe: false)
  }

  /// The same for both alphabets.
  static func anyLetters(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
    unsafe letters(base, from: start, to: end, isURLSafe: true)
  }

  /// Compiled twice, so that the one alphabet does not pay for the other.
  @inline(__always)
  private static func letters(_ base: UnsafeRawPointer, from start: Int, to end: Int, isURLSafe: Bool) -> Int {
    var at = start
    while at &+ 64 <= end {
      let bits =
        unsafe foreign(base.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self), isURLSafe)
        | foreign(base.loadUnaligned(fromByteOffset: at &+ 16, as: SIMD16<UInt8>.self), isURLSafe)
        | foreign(base.loadUnaligned(fromByteOffset: at &+ 32, as: SIMD16<UInt8>.self), isURLSafe)
        | foreign(base.loadUnaligned(fromByteOffset: at &+ 48, as: SIMD16<UInt8>.self), isURLSafe)
      let halves = unsafe unsafeBitCast(bits, to: SIMD2<UInt64>.self)
      if (halves[0] | halves[1]) & highBits != 0 { break }
      at &+= 64
    }
    while at &+ 16 <= end {
      let bits = unsafe foreign(base.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self), isURLSafe)
      let halves = unsafe unsafeBitCast(bits, to: SIMD2<UInt64>.self)
      let low = UInt64(littleEndian: halves[0]) & highBits, high = UInt64(littleEndian: halves[1]) & highBits
      if low != 0 { return at &+ low.trailingZeroBitCount &>> 3 }
      if high != 0 { return at &+ 8 &+ high.trailingZeroBitCount &>> 3 }
      at &+= 16
    }
    while at < end {
      let byte = unsafe base.load(fromByteOffset: at, as: UInt8.self)
      guard isLetter(byte) || isURLSafe && isURLLetter(byte) else { break }
      at &+= 1
    }
    return at
  }

  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Sets the high bit of the lanes that hold no character of the alphabet. Sums and ORs only: comparisons of vectors are not compiled to
  /// vector instructions, and a comparison in a plain loop is not either.
  @inline(__always)
  private static func foreign(_ lanes: SIMD16<UInt8>, _ isURLSafe: Bool) -> SIMD16<UInt8> {
    let ascii = lanes & 0x7F
    // In range when neither the distance from the first character has its high bit, nor the distance and 128 less the range's length.
    let letter = (ascii | 0x20) &- 0x61
    let digit = ascii &- 0x2F
    let notLetter = (letter &+ (128 - 26)) | letter
    // `/` stands just before `0`.
    let notDigit = (digit &+ (128 - 11)) | digit
    let notPlus = (ascii ^ 0x2B) &+ 0x7F
    guard isURLSafe else { return (notLetter & notDigit & notPlus) | lanes }
    let notDash = (ascii ^ 0x2D) &+ 0x7F
    let notLine = (ascii ^ 0x5F) &+ 0x7F
    return (notLetter & notDigit & notPlus & notDash & notLine) | lanes
  }

  @inline(__always)
  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte &- 0x2F < 11 || byte == 0x2B }

  @inline(__always)
  private static func isURLLetter(_ byte: UInt8) -> Bool { byte == 0x2D || byte == 0x5F }

  private static func value(of letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): letter &- UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): letter &- UInt8(ascii: "a") &+ 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): letter &- UInt8(ascii: "0") &+ 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    default: 63
    }
  }
}
