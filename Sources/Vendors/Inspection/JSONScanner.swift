/// Reads JSON messages that come in arbitrary pieces, keeps the values at a few paths and checks base64 at others, and builds nothing:
/// after its first message it does not allocate.
///
/// It accepts the grammar of RFC 8259 and UTF-8 exactly, as `JSONValue.parse` does, so that what it saw is what any parser of the vendor
/// sees. Of members of one name the last counts, whole: an earlier one's inner values are forgotten with it. Numbers beyond a double are
/// not refused, they have no value. Nesting is bounded by `maxDepth`, memory by the paths and their limits.
public struct JSONScanner: Sendable {
  public enum Outcome: Sendable, Equatable {
    case complete
    /// Nothing but white space.
    case blank
    case malformed(JSONFault)
  }

  /// What stands at a path.
  public enum Kind: UInt8, Sendable {
    case absent, null, `false`, `true`, number, string, array, object
  }

  enum State: UInt8 {
    /// A value has to come; also before the message.
    case value
    case elementOrEnd, member, memberOrEnd, colon
    /// A comma or the container's end has to come; at depth 0 nothing but white space.
    case after
    case string, escape, hexadecimal, lowBackslash, lowLetter
    case number, literal, failed
  }

  /// What becomes of the characters of a string.
  enum Role: UInt8 {
    case skipped, name, skippedName, value, base64
  }

  public let paths: JSONPathSet
  public let maxDepth: Int

  var state = State.value
  var role = Role.skipped
  /// The node of the value that is under way or comes next, -1 where it is not watched.
  var target = 0
  /// Of the string, number or literal under way.
  var escape = JSONEscape()
  var sequence = UTF8Sequence()
  var number = JSONNumber()
  private var literal: UInt32 = 0

  private var depth = 0
  /// Bit n: the container at depth n + 1 is an object.
  private var objects: UInt64 = 0
  /// The deepest container that is watched, and its depth.
  private var node = -1
  private var nodeDepth = 0
  /// Elements so far of each watched array, by node.
  private var elements: [Int]

  private(set) var present: UInt64 = 0
  /// The same, but for what stood in earlier elements of a `[*]`.
  private var seen: UInt64 = 0
  private var kinds: [Kind]
  private var counts: [Int]
  /// Of what was kept and what did not fit.
  private var characterCounts: [Int]
  /// Nodes whose value did not fit.
  private var truncated: UInt64 = 0
  private var scratch: [UInt8]
  var name: [UInt8]
  /// Beyond the longest watched name, a name is none of them, and its length does not matter.
  var nameCount = 0

  /// Bytes before the run under way.
  private var offset = 0
  private var fault: JSONFault?

  /// The string of base64 under way, and which tally counts it.
  var base64 = Base64Validator()
  var tallyIndex = 0
  /// Whether the next message's first characters of base64 are kept.
  public var keepsHead = false
  private(set) var tallies: [Base64Tally]

  /// - Parameter maxDepth: levels of arrays and objects, at most 64.
  public init(_ paths: JSONPathSet, maxDepth: Int = 64) {
    self.paths = paths
    self.maxDepth = min(max(maxDepth, 0), 64)
    elements = Array(repeating: 0, count: paths.nodes.count)
    kinds = Array(repeating: .absent, count: paths.nodes.count)
    counts = Array(repeating: 0, count: paths.nodes.count)
    characterCounts = counts
    scratch = Array(repeating: 0, count: paths.scratchSize)
    name = Array(repeating: 0, count: paths.longestName)
    tallies = Array(repeating: Base64Tally(), count: paths.base64.count)
  }

  /// Starts on a message.
  public mutating func begin() {
    state = .value
    target = 0
    sequence = UTF8Sequence()
    depth = 0
    node = -1
    nodeDepth = 0
    present = 0
    seen = 0
    truncated = 0
    offset = 0
    fault = nil
    for index in tallies.indices { tallies[index] = Base64Tally() }
  }

  /// Takes the next bytes of the message.
  public mutating func consume(_ run: UnsafeRawBufferPointer) {
    guard let base = run.baseAddress else { return }
    let end = run.count
    var at = 0
    while at < end {
      switch state {
      case .string: unsafe string(base, &at, end)
      case .number: unsafe number(base, &at, end)
      case .failed: return
      case .literal: literal(unsafe base.load(fromByteOffset: at, as: UInt8.self), &at)
      case .escape, .hexadecimal, .lowBackslash, .lowLetter:
        escaped(unsafe base.load(fromByteOffset: at, as: UInt8.self), at)
        at &+= 1
      case .value, .elementOrEnd, .member, .memberOrEnd, .colon, .after:
        let byte = unsafe base.load(fromByteOffset: at, as: UInt8.self)
        if byte > 0x20 || !(byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09) { structure(byte, at) }
        at &+= 1
      }
    }
    offset &+= end
  }

  /// Takes the next bytes of the message.
  public mutating func consume(_ run: [UInt8]) {
    unsafe run.withUnsafeBytes { unsafe consume($0) }
  }

  /// Ends the message.
  public mutating func end() -> Outcome {
    if let fault { return .malformed(fault) }
    if depth == 0 {
      if state == .after || (state == .number && number.mayEnd) { return .complete }
      if state == .value { return .blank }
    }
    return .malformed(JSONFault(kind: .unexpectedEnd, offset: offset))
  }

  mutating func fail(_ kind: JSONFault.Kind, _ at: Int) {
    state = .failed
    fault = JSONFault(kind: kind, offset: offset &+ at)
  }

  // MARK: structure

  @inline(__always)
  private mutating func structure(_ byte: UInt8, _ at: Int) {
    switch state {
    case .colon:
      guard byte == UInt8(ascii: ":") else { return fail(.unexpected(byte: byte), at) }
      state = .value
    case .after:
      switch byte {
      case UInt8(ascii: ",") where depth > 0: state = isObject ? .member : .value
      case UInt8(ascii: "}") where depth > 0 && isObject, UInt8(ascii: "]") where depth > 0 && !isObject: close()
      default: fail(.unexpected(byte: byte), at)
      }
    case .member, .memberOrEnd:
      if byte == UInt8(ascii: "\"") {
        state = .string
        role = depth == nodeDepth ? .name : .skippedName
        nameCount = 0
        target = -1
      } else if byte == UInt8(ascii: "}"), state == .memberOrEnd {
        close()
      } else {
        fail(.unexpected(byte: byte), at)
      }
    case .elementOrEnd where byte == UInt8(ascii: "]"): close()
    default: value(byte, at)
    }
  }

  private var isObject: Bool { objects >> UInt64(depth &- 1) & 1 != 0 }

  @inline(__always)
  private mutating func value(_ byte: UInt8, _ at: Int) {
    if depth > 0, !isObject { nextElement() }
    switch byte {
    case UInt8(ascii: "\""):
      state = .string
      role = .skipped
      if target >= 0 {
        found(.string)
        if isBase64(target) {
          role = .base64
          tallyIndex = paths.nodes[target].base64
          base64 = Base64Validator(isURLSafe: paths.base64[tallyIndex].isURLSafe)
        } else if paths.nodes[target].isWatched {
          role = .value
        }
      }
    case UInt8(ascii: "{"): open(.object, at)
    case UInt8(ascii: "["): open(.array, at)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      state = .number
      number = JSONNumber(first: byte)
      found(.number)
      role = .skipped
      if target >= 0, !isBase64(target), paths.nodes[target].isWatched {
        role = .value
        keep(byte)
      }
    // The rest of the word, its first letter in the lowest byte.
    case UInt8(ascii: "t"): word(0x65_7572, .true)
    case UInt8(ascii: "f"): word(0x6573_6C61, .false)
    case UInt8(ascii: "n"): word(0x6C_6C75, .null)
    default: fail(.unexpected(byte: byte), at)
    }
  }

  private mutating func nextElement() {
    target = -1
    guard depth == nodeDepth else { return }
    target = paths.target(of: node, element: elements[node])
    elements[node] &+= 1
    if target >= 0, paths.nodes[target].isRepeated {
      let subtree = paths.nodes[target].subtree
      seen &= ~subtree
      for index in tallies.indices where subtree >> UInt64(paths.base64[index].slot) & 1 != 0 {
        tallies[index].set(isPresent: has(paths.base64[index].slot))
      }
    }
  }

  private mutating func open(_ kind: Kind, _ at: Int) {
    guard depth < maxDepth else { return fail(.tooDeep(limit: maxDepth), at) }
    found(kind)
    let bit = UInt64(1) << UInt64(depth)
    objects = kind == .object ? objects | bit : objects & ~bit
    depth &+= 1
    state = kind == .object ? .memberOrEnd : .elementOrEnd
    if target >= 0, paths.nodes[target].edgeCount > 0 {
      node = target
      nodeDepth = depth
      elements[node] = 0
    }
  }

  private mutating func close() {
    if depth == nodeDepth {
      node = paths.nodes[node].parent
      nodeDepth &-= 1
    }
    depth &-= 1
    state = .after
  }

  /// A member's name is known: what came under the same name before does not count any more.
  @inline(__always)
  mutating func named(_ bytes: UnsafeRawPointer, _ count: Int) {
    state = .colon
    target = unsafe paths.target(of: node, name: bytes, count: count)
    if target >= 0, seen & paths.nodes[target].subtree != 0 { forget(paths.nodes[target]) }
  }

  private mutating func forget(_ node: JSONPathSet.Node) {
    seen &= ~node.subtree
    present &= ~node.subtree
    truncated &= ~node.subtree
    guard node.subtree & paths.base64Nodes != 0 else { return }
    for index in tallies.indices where node.subtree >> UInt64(paths.base64[index].slot) & 1 != 0 {
      if tallies[index].forget(isRepeated: node.isRepeated) { present |= 1 << UInt64(paths.base64[index].slot) }
    }
  }

  private mutating func word(_ rest: UInt32, _ kind: Kind) {
    state = .literal
    literal = rest
    found(kind)
  }

  private mutating func literal(_ byte: UInt8, _ at: inout Int) {
    guard byte == UInt8(truncatingIfNeeded: literal) else { return fail(.unexpected(byte: byte), at) }
    at &+= 1
    literal >>= 8
    if literal == 0 { state = .after }
  }

  // MARK: values

  /// The target has a value of this kind.
  private mutating func found(_ kind: Kind) {
    guard target >= 0 else { return }
    seen |= 1 << UInt64(target)
    // Of many strings of base64 under `[*]`, other values between them don't matter.
    let isBase64 = isBase64(target)
    if isBase64, kind != .string, has(target), kinds[target] == .string { return }
    present |= 1 << UInt64(target)
    kinds[target] = kind
    if isBase64, tallies[paths.nodes[target].base64].decodedCount > 0 { return }
    counts[target] = 0
    characterCounts[target] = 0
  }

  /// Keeps a byte of the target's value if there is room.
  mutating func keep(_ byte: UInt8) {
    // The first byte of a character in UTF-8 (RFC 3629 section 3).
    if byte & 0xC0 != 0x80 { characterCounts[target] &+= 1 }
    guard counts[target] < paths.nodes[target].scratchCount else {
      truncated |= 1 << UInt64(target)
      return
    }
    scratch[paths.nodes[target].scratchStart &+ counts[target]] = byte
    counts[target] &+= 1
  }

  /// Keeps bytes of the target's value, all of them ASCII, as far as there is room.
  mutating func keep(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) {
    characterCounts[target] &+= end &- start
    let room = paths.nodes[target].scratchCount &- counts[target]
    let count = min(room, end &- start)
    if count < end &- start { truncated |= 1 << UInt64(target) }
    guard count > 0 else { return }
    let place = paths.nodes[target].scratchStart &+ counts[target]
    unsafe scratch.withUnsafeMutableBytes { bytes in
      unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[place..<(place &+ count)])
        .copyMemory(from: UnsafeRawBufferPointer(start: base + start, count: count))
    }
    counts[target] &+= count
  }

  /// A string of base64 has ended, or turned out to be none.
  mutating func endBase64(_ problem: Base64Validator.Problem?) {
    tallies[tallyIndex].add(base64.decodedCount, problem)
  }

  /// Whether characters of the string of base64 under way are kept.
  @inline(__always)
  var keepsBase64: Bool { keepsHead && tallies[tallyIndex].decodedCount == 0 }

  @inline(__always)
  private func isBase64(_ node: Int) -> Bool { paths.base64Nodes >> UInt64(node) & 1 != 0 }

  /// What the message's base64 at a path amounts to.
  func tally(_ slot: Int) -> Base64Tally {
    let index = paths.nodes[slot].base64
    return index >= 0 ? tallies[index] : Base64Tally()
  }

  /// Bytes that the message's base64 stands for, at all the paths together.
  public var decodedCount: Int { tallies.reduce(0) { $0 + $1.decodedCount } }

  /// What is wrong with it, at the first of the paths where something is.
  public var base64Problem: Base64Validator.Problem? { tallies.lazy.compactMap(\.problem).first }

  private func has(_ slot: Int) -> Bool { present >> UInt64(slot) & 1 != 0 }

  /// What stands at a path.
  public func kind(_ slot: Int) -> Kind { has(slot) ? kinds[slot] : .absent }

  /// Whether the string or number did not fit, so that only its beginning is known.
  public func isTruncated(_ slot: Int) -> Bool { truncated >> UInt64(slot) & 1 != 0 }

  /// Bytes that are kept of the string or number.
  func count(_ slot: Int) -> Int { has(slot) ? counts[slot] : 0 }

  /// Characters of the whole string or number.
  public func characters(_ slot: Int) -> Int { has(slot) ? characterCounts[slot] : 0 }

  /// One of them.
  func byte(_ offset: Int, of slot: Int) -> UInt8 { scratch[paths.nodes[slot].scratchStart &+ offset] }

  /// What is kept of the string, unescaped, or of the number as it was written.
  public func bytes(_ slot: Int) -> ArraySlice<UInt8> {
    let start = paths.nodes[slot].scratchStart
    return has(slot) ? scratch[start..<(start + counts[slot])] : []
  }

  /// The number, if it is one that a double holds.
  public func number(_ slot: Int) -> Double? {
    guard kind(slot) == .number, !isTruncated(slot) else { return nil }
    let value = Double(String(decoding: bytes(slot), as: UTF8.self))
    return value.flatMap { $0.isFinite ? $0 : nil }
  }
}
