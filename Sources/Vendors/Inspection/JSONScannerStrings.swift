extension JSONScanner {
  /// Takes bytes inside a string, up to its end or an escape.
  @inline(__always)
  mutating func string(_ base: UnsafeRawPointer, _ at: inout Int, _ end: Int) {
    while at < end {
      if sequence.needed > 0 {
        let byte = unsafe base.load(fromByteOffset: at, as: UInt8.self)
        guard sequence.proceed(byte) else { return fail(.invalidUTF8, at) }
        take(byte)
        at &+= 1
        continue
      }
      let start = at
      if role == .base64 {
        at = unsafe base64.consume(base, from: start, to: end)
        if keepsBase64 { unsafe keep(base, start, at) }
        guard at < end else { return }
        let byte = unsafe base.load(fromByteOffset: at, as: UInt8.self)
        if byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
          endBase64(.foreign(offset: base64.count))
          role = .skipped
          continue
        }
      } else {
        at = unsafe JSONTextSearch.special(base, from: start, to: end)
        if role == .name {
          if nameCount == 0, at < end, unsafe base.load(fromByteOffset: at, as: UInt8.self) == UInt8(ascii: "\"") {
            unsafe named(base + start, at &- start)
            at &+= 1
            return
          }
          for index in start..<at { takeName(unsafe base.load(fromByteOffset: index, as: UInt8.self)) }
        } else if role == .value {
          unsafe keep(base, start, at)
        }
        guard at < end else { return }
      }
      let byte = unsafe base.load(fromByteOffset: at, as: UInt8.self)
      switch byte {
      case UInt8(ascii: "\""):
        at &+= 1
        return endString()
      case UInt8(ascii: "\\"):
        at &+= 1
        state = .escape
        return
      case 0..<0x20: return fail(.controlCharacter, at)
      default:
        guard sequence.begin(byte) else { return fail(.invalidUTF8, at) }
        take(byte)
        at &+= 1
      }
    }
  }

  private mutating func endString() {
    switch role {
    case .name:
      let count = nameCount
      // An overlong name is none of those that are watched.
      guard count <= name.count else {
        state = .colon
        target = -1
        return
      }
      let known = name
      unsafe known.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        unsafe named(base, count)
      }
      state = .colon
    case .skippedName: state = .colon
    case .base64:
      endBase64(base64.problem)
      state = .after
    case .value, .skipped: state = .after
    }
  }

  /// Takes a byte of an escape.
  mutating func escaped(_ byte: UInt8, _ at: Int) {
    switch state {
    case .escape:
      if byte == UInt8(ascii: "u") {
        escape = JSONEscape()
        state = .hexadecimal
      } else if let meaning = JSONEscape.meaning(of: byte) {
        takeCharacter(UInt32(meaning))
        state = .string
      } else {
        fail(.invalidEscape, at)
      }
    case .lowBackslash:
      guard byte == UInt8(ascii: "\\") else { return fail(.loneSurrogate, at) }
      state = .lowLetter
    case .lowLetter:
      guard byte == UInt8(ascii: "u") else { return fail(.loneSurrogate, at) }
      escape.beginDigits()
      state = .hexadecimal
    default:
      switch escape.take(byte) {
      case .more: break
      case .half: state = .lowBackslash
      case .invalid: fail(.invalidEscape, at)
      case .lone: fail(.loneSurrogate, at)
      case .character(let scalar):
        takeCharacter(scalar)
        state = .string
      }
    }
  }

  /// Takes an unescaped character.
  private mutating func takeCharacter(_ scalar: UInt32) {
    switch scalar {
    case 0..<0x80: take(UInt8(truncatingIfNeeded: scalar))
    case 0x80..<0x800:
      take(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
      take(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    case 0x800..<0x10000:
      take(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
      take(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
      take(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    default:
      take(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
      take(UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F))
      take(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
      take(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    }
  }

  /// Takes a byte of an unescaped character.
  private mutating func take(_ byte: UInt8) {
    switch role {
    case .name: takeName(byte)
    case .value: keep(byte)
    case .base64:
      if base64.consume(byte) {
        if keepsBase64 { keep(byte) }
      } else {
        endBase64(.foreign(offset: base64.count))
        role = .skipped
      }
    case .skipped, .skippedName: break
    }
  }

  private mutating func takeName(_ byte: UInt8) {
    if nameCount < name.count { name[nameCount] = byte }
    nameCount &+= 1
  }

  /// Takes bytes of a number, up to the first that is none of it.
  mutating func number(_ base: UnsafeRawPointer, _ at: inout Int, _ end: Int) {
    let start = at
    while at < end, number.take(unsafe base.load(fromByteOffset: at, as: UInt8.self)) { at &+= 1 }
    if role == .value { unsafe keep(base, start, at) }
    guard at < end else { return }
    if number.mayEnd {
      state = .after
    } else {
      fail(.unexpected(byte: unsafe base.load(fromByteOffset: at, as: UInt8.self)), at)
    }
  }
}
