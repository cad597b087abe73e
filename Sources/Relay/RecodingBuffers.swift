import WebSocket

/// What one thread needs for recoding, whatever the number of its sessions.
@safe final class RecodingBuffers {
  /// Bytes of frames after which they are sent before more is made.
  static let batch = 32 << 10
  /// Inflated bytes after which others have their turn; a piece counts as so many more, since small messages cost much.
  static let turn = 256 << 10
  static let pieceCost = 256

  /// Frames that are ready to go.
  var output: [UInt8] = []
  /// A piece of a message, compressed.
  var packed: [UInt8] = []
  /// Keys for frames that go to an upstream.
  var maskKeys: MaskKeys
  /// The memory of a compressor between messages that do not refer to each other: one for all sessions.
  private var spare: Deflater?
  /// A piece of a message, inflated.
  let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)

  init(maskKeys: consuming MaskKeys = MaskKeys()) {
    self.maskKeys = maskKeys
  }

  deinit {
    unsafe plain.deallocate()
  }

  /// Gives a compressor without memory the spare one's, if that fits.
  func lend(to deflater: inout Deflater?) {
    guard var own = deflater.take() else { return }
    if var kept = spare.take() {
      own.borrow(from: &kept)
      spare = consume kept
    }
    deflater = consume own
  }

  /// Keeps the memory of a compressor that needs none until its next message.
  func takeBack(from deflater: inout Deflater?) {
    guard var own = deflater.take() else { return }
    if !own.contextTakeover {
      var kept = spare.take() ?? own.fresh()
      if kept.windowBits != own.windowBits || kept.level != own.level { kept = own.fresh() }
      kept.borrow(from: &own)
      own.release()
      spare = consume kept
    }
    deflater = consume own
  }

  /// Appends a frame to the output, masked where its header has a key.
  func append(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) {
    header.encode(into: &output)
    let start = output.count
    unsafe output.append(contentsOf: payload)
    guard let key = header.maskKey else { return }
    unsafe output.withUnsafeMutableBytes { unsafe Mask.apply(key, phase: 0, to: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
  }
}
