@testable import WebSocket

/// What a reader found in a stream given in pieces, independent of how it was cut.
struct FrameTrace: Equatable {
  struct Frame: Equatable {
    var header: FrameHeader
    /// Unmasked with the phase the reader told for each run.
    var payload: [UInt8]
    var isWhole: Bool
  }

  var frames: [Frame] = []
  var violation: ProtocolViolation?
  var isAtBoundary = true
  var pendingHeader: [UInt8] = []

  init(_ pieces: [[UInt8]], rules: FrameRules, asSpans: Bool = false) {
    var reader = FrameReader(rules: rules)
    do throws(ProtocolViolation) {
      for piece in pieces { try read(piece, with: &reader, asSpan: asSpans) }
    } catch {
      violation = error
      return
    }
    isAtBoundary = reader.isAtBoundary
    pendingHeader = [UInt8](repeating: 0, count: reader.headerBytesPending)
    unsafe pendingHeader.withUnsafeMutableBytes { _ = unsafe reader.copyPendingHeader(into: $0) }
  }

  private mutating func read(_ piece: [UInt8], with reader: inout FrameReader, asSpan: Bool) throws(ProtocolViolation) {
    var offset = 0
    while true {
      let event: FrameEvent?
      if asSpan {
        event = try unsafe reader.next(piece.span.bytes, at: &offset)
      } else {
        // A copy of exactly this size, so that a read beyond its end is one beyond an allocation.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece.count, alignment: 1)
        defer { unsafe buffer.deallocate() }
        unsafe buffer.copyBytes(from: piece)
        event = try unsafe reader.next(UnsafeRawBufferPointer(buffer), at: &offset)
      }
      switch event {
      case nil: return
      case .header(let header): frames.append(Frame(header: header, payload: [], isWhole: false))
      case .payload(let range, let isLast):
        var run = Array(piece[range])
        let last = frames.count - 1
        if let key = frames[last].header.maskKey { Mask.apply(key, phase: reader.maskPhase, to: &run) }
        frames[last].payload += run
        frames[last].isWhole = isLast
      }
    }
  }
}

extension FrameRules {
  /// No limits, no extension.
  static func plain(_ receiver: Role) -> FrameRules { FrameRules(receiver: receiver) }
}

extension Role {
  /// The key of a frame that an endpoint of this role gets: its peer masks, or does not.
  var incomingKey: UInt32? { peer.masks ? 0x3D21_FA37 : nil }
}

/// A frame's bytes, legal or not.
func wire(_ header: FrameHeader, _ payload: [UInt8] = []) -> [UInt8] {
  var bytes: [UInt8] = []
  header.encode(into: &bytes)
  var body = payload
  if let key = header.maskKey { Mask.apply(key, to: &body) }
  return bytes + body
}
