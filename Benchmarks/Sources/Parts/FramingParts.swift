import WebSocket

/// What every relayed frame costs.
enum FramingParts {
  static func all(_ material: inout Material) -> [Part] {
    [walk(material.samples(640))] + [640, 3200].map { unmask(material.samples($0)) } + [draw()]
  }

  /// Headers of client frames, judged by the rules, over one full read of 48 frames.
  private static func walk(_ payload: [UInt8]) -> Part {
    let count = 48
    let stream = (0..<count).flatMap { FrameHeader.frame(opcode: .binary, payload: payload, maskKey: UInt32($0) &* 0x9E37_79B9) }
    return Part("frame header walk, 640 B frames", operations: count, expecting: count * payload.count) {
      var reader = FrameReader(rules: FrameRules(receiver: .server, maximumFrame: 16 << 20, maximumMessage: 16 << 20))
      var offset = 0, bytes = 0
      stream.withUnsafeBytes { stream in
        while let event = try? reader.next(stream, at: &offset) {
          if case .payload(let range, _) = event { bytes += range.count }
        }
      }
      return bytes
    }
  }

  /// A payload unmasked on its way to another buffer.
  private static func unmask(_ payload: [UInt8]) -> Part {
    let key: UInt32 = 0xA1B2_C3D4
    var masked = payload
    Mask.apply(key, to: &masked)
    let (source, target) = (masked, UnsafeMutableRawBufferPointer.allocate(byteCount: payload.count, alignment: 64))
    let repetitions = 64
    return Part(
      "unmask copy, \(payload.count) B", operations: repetitions, bytes: payload.count, isRight: { _ in target.elementsEqual(payload) }
    ) {
      source.withUnsafeBytes { source in
        for _ in 0..<repetitions { Mask.apply(key, phase: 0, from: source, to: target) }
      }
      return Int(target[0])
    }
  }

  private static func draw() -> Part {
    let keys = KeySource()
    let count = 256
    return Part("mask key draw", operations: count, isRight: { $0 != 0 }) {
      (0..<count).reduce(0) { sum, _ in sum &+ Int(keys.keys.next()) }
    }
  }
}

private final class KeySource {
  var keys = MaskKeys()
}
