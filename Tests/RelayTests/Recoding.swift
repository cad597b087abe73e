import WebSocket
@testable import Relay

/// Drives a recoding passage as a session does: shared buffers, steps until there are none, and pauses where the other leg is full.
struct Recoding {
  /// A control frame, and how many bytes had gone on before it.
  struct Control: Equatable {
    let opcode: Opcode
    let payload: [UInt8]
    let position: Int
  }

  let passage: RecodedPassage
  let buffers: RecodingBuffers
  /// What has gone on, unless there is too much of it to be kept.
  private(set) var output: [UInt8] = []
  private(set) var outputCount = 0
  private(set) var largestBatch = 0
  private(set) var pauses = 0
  /// How often it wanted others to have their turn.
  private(set) var turns = 0
  private(set) var controls: [Control] = []
  private(set) var inspections: [(result: Inspection, position: Int)] = []
  /// The inspector has ended the session: nothing more is taken.
  private(set) var isOver = false
  /// Takes the batches in place of `output`.
  var sink: (([UInt8]) throws -> Void)?

  init(_ passage: RecodedPassage) {
    self.passage = passage
    buffers = RecodingBuffers(
      maskKeys: MaskKeys { keys in
        // Keys that differ and are the same in every run.
        for index in keys.indices { keys[index] = UInt32(truncatingIfNeeded: index) &* 0x9E37_79B9 | 0x0100_0000 }
      })
  }

  /// - Parameter pauses: asked after each batch whether the other leg takes no more for now.
  mutating func receive(_ piece: [UInt8], pauses: () -> Bool = { false }) throws {
    var piece: [UInt8]? = piece
    while let bytes = piece, !isOver { piece = try take(bytes, pauses) }
  }

  /// One read; what is left of it at a pause.
  private mutating func take(_ piece: [UInt8], _ pauses: () -> Bool) throws -> [UInt8]? {
    // In memory of its own, so that whatever outlives the read is found.
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: piece.count, alignment: 1)
    defer { unsafe bytes.deallocate() }
    unsafe bytes.copyBytes(from: piece)
    passage.begin()
    while let step = try unsafe passage.next(bytes, buffers, now: 0) {
      switch step {
      case .frames:
        largestBatch = max(largestBatch, buffers.output.count)
        outputCount += buffers.output.count
        if let sink { try sink(buffers.output) } else { output += buffers.output }
        buffers.output.removeAll(keepingCapacity: true)
        guard pauses() else { continue }
        self.pauses += 1
        return unsafe passage.rest(of: bytes)
      case .turn:
        turns += 1
        return unsafe passage.rest(of: bytes)
      case .control(let opcode):
        controls.append(Control(opcode: opcode, payload: passage.takeControlPayload(), position: outputCount))
      case .inspected(let result):
        inspections.append((result, outputCount))
        if case .end = result {
          isOver = true
          return nil
        }
      }
    }
    return nil
  }
}
