import TestSupport
import WebSocket

/// A legal stream of frames as one end would send it, with everything a relay must make of it.
struct FrameStream {
  struct Control: Equatable {
    let opcode: Opcode
    let payload: [UInt8]
    /// How many bytes of data frames come before it.
    let position: Int
  }

  /// Where a message lies in `data`.
  struct Span: Equatable {
    let message: Range<Int>
    let lastFrame: Range<Int>
  }

  let sender: Role
  private(set) var bytes: [UInt8] = []
  /// The same without control frames.
  private(set) var data: [UInt8] = []
  /// The places in `data` that lie between two frames.
  private(set) var boundaries: Set<Int> = [0]
  private(set) var controls: [Control] = []
  private(set) var messages: [Message] = []
  private(set) var spans: [Span] = []
  private var messageStart = 0
  private var key: UInt32 = 0x8040_2010

  init(sender: Role) {
    self.sender = sender
  }

  /// Messages of all sizes, some in fragments, with pings and pongs before, between and inside them.
  init(sender: Role, messages count: Int, longest: Int = 70_000, controls: Bool = true, using random: inout SeededGenerator) {
    self.init(sender: sender)
    for _ in 0..<count {
      let isText = random.chance(0.5)
      let size = Self.size(longest, using: &random)
      let payload = isText ? random.text(size) : random.quick(size)
      addFragments(of: payload, as: isText ? .text : .binary, rsv1: false, controls: controls, using: &random)
      messages.append(isText ? .text(String(decoding: payload, as: UTF8.self)) : .binary(payload))
    }
  }

  /// The same from a sender that compresses most of its messages, many of which become much smaller.
  ///
  /// - Parameter parameters: what was agreed with it; nil where it may not compress.
  init(
    sender: Role, messages count: Int, longest: Int = 70_000, compressed parameters: DeflateParameters?, using random: inout SeededGenerator
  ) {
    self.init(sender: sender)
    var deflater: Deflater?
    if let parameters { deflater = parameters.deflater(for: sender, settings: DeflateSettings(level: random.number(1...9))) }
    for _ in 0..<count {
      let isText = random.chance(0.6)
      let size = Self.size(longest, using: &random)
      let payload = random.chance(0.3) ? (isText ? random.text(size) : random.quick(size)) : random.phrases(size)
      let compressed = random.chance(0.8) ? Self.compress(payload, with: &deflater) : nil
      addFragments(of: compressed ?? payload, as: isText ? .text : .binary, rsv1: compressed != nil, controls: true, using: &random)
      messages.append(isText ? .text(String(decoding: payload, as: UTF8.self)) : .binary(payload))
    }
  }

  private static func compress(_ message: [UInt8], with deflater: inout Deflater?) -> [UInt8]? {
    var compressed: [UInt8] = []
    let done = unsafe message.withUnsafeBytes { unsafe deflater?.compress($0, isLast: true, appendingTo: &compressed) }
    return done == true ? compressed : nil
  }

  private mutating func addFragments(
    of payload: [UInt8], as opcode: Opcode, rsv1: Bool, controls: Bool, using random: inout SeededGenerator
  ) {
    var rest = payload[...]
    let fragments = random.chance(0.3) ? random.number(2...5) : 1
    for index in 0..<fragments {
      while controls, random.chance(0.3) {
        add(random.chance(0.7) ? .ping : .pong, random.quick(random.number(0...125)))
      }
      let count = index == fragments - 1 ? rest.count : random.number(0...rest.count)
      add(index == 0 ? opcode : .continuation, Array(rest.prefix(count)), fin: index == fragments - 1, rsv1: rsv1 && index == 0)
      rest = rest.dropFirst(count)
    }
  }

  private static func size(_ longest: Int, using random: inout SeededGenerator) -> Int {
    let edges = [0, 1, 125, 126, 127, 65_535, 65_536].filter { $0 <= longest }
    switch random.number(0...9) {
    case 0..<3: return edges.randomElement(using: &random) ?? 0
    case 3..<8: return Int.random(in: 0...min(2_000, longest), using: &random)
    default: return random.number(0...longest)
    }
  }

  mutating func add(_ opcode: Opcode, _ payload: [UInt8] = [], fin: Bool = true, rsv1: Bool = false) {
    key = key &* 1_664_525 &+ 1_013_904_223
    let frame = FrameHeader.frame(opcode: opcode, payload: payload, maskKey: sender.masks ? key : nil, fin: fin, rsv1: rsv1)
    bytes += frame
    if opcode.isControl {
      controls.append(Control(opcode: opcode, payload: payload, position: data.count))
    } else {
      if opcode != .continuation { messageStart = data.count }
      let start = data.count
      data += frame
      boundaries.insert(data.count)
      if fin { spans.append(Span(message: messageStart..<data.count, lastFrame: start..<data.count)) }
    }
  }
}
