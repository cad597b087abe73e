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

  let sender: Role
  private(set) var bytes: [UInt8] = []
  /// The same without control frames.
  private(set) var data: [UInt8] = []
  /// The places in `data` that lie between two frames.
  private(set) var boundaries: Set<Int> = [0]
  private(set) var controls: [Control] = []
  private(set) var messages: [Message] = []
  private var key: UInt32 = 0x8040_2010

  init(sender: Role) {
    self.sender = sender
  }

  /// Messages of all sizes, some in fragments, with pings and pongs before, between and inside them.
  init(sender: Role, messages count: Int, longest: Int = 70_000, controls: Bool = true, using random: inout SeededGenerator) {
    self.init(sender: sender)
    for _ in 0..<count {
      let isText = random.chance(0.5)
      var rest = Self.size(longest, using: &random)
      var payload: [UInt8] = []
      var opcode: Opcode = isText ? .text : .binary
      var fragments = random.chance(0.3) ? random.number(2...5) : 1
      while fragments > 0 {
        while controls, random.chance(0.3) {
          add(random.chance(0.7) ? .ping : .pong, random.quick(random.number(0...125)))
        }
        let count = fragments == 1 ? rest : random.number(0...rest)
        let part = isText ? random.text(count) : random.quick(count)
        fragments -= 1
        add(opcode, part, fin: fragments == 0)
        opcode = .continuation
        rest -= count
        payload += part
      }
      messages.append(isText ? .text(String(decoding: payload, as: UTF8.self)) : .binary(payload))
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

  mutating func add(_ opcode: Opcode, _ payload: [UInt8] = [], fin: Bool = true) {
    key = key &* 1_664_525 &+ 1_013_904_223
    let frame = FrameHeader.frame(opcode: opcode, payload: payload, maskKey: sender.masks ? key : nil, fin: fin)
    bytes += frame
    if opcode.isControl {
      controls.append(Control(opcode: opcode, payload: payload, position: data.count))
    } else {
      data += frame
      boundaries.insert(data.count)
    }
  }
}
