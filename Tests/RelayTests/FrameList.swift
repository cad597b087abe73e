import WebSocket

/// The frames of a stream, their payload unmasked.
struct FrameList {
  struct Frame {
    let header: FrameHeader
    let payload: [UInt8]
    /// Where it ends in the stream.
    let end: Int
  }

  private(set) var frames: [Frame] = []

  /// - Throws: what is wrong with the stream for its receiver.
  init(_ bytes: [UInt8], receiver: Role, allowsRSV1: Bool) throws(ProtocolViolation) {
    var reader = FrameReader(rules: FrameRules(receiver: receiver, allowsRSV1: allowsRSV1))
    var offset = 0
    var header: FrameHeader?
    while let event = try unsafe reader.next(bytes.span.bytes, at: &offset) {
      switch event {
      case .header(let found): header = found
      case .payload(let range, let isLast):
        guard isLast, let header else { continue }
        var payload = Array(bytes[range])
        if let key = header.maskKey { Mask.apply(key, to: &payload) }
        frames.append(Frame(header: header, payload: payload, end: offset))
      }
    }
  }

  /// Whole messages: their frames.
  var messages: [[Frame]] {
    var found: [[Frame]] = []
    var current: [Frame] = []
    for frame in frames where !frame.header.isControl {
      current.append(frame)
      if frame.header.fin {
        found.append(current)
        current = []
      }
    }
    return found
  }
}
