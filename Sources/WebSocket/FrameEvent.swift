/// What a frame reader found in its input.
public enum FrameEvent: Sendable, Equatable {
  /// A whole header, which the rules have accepted.
  case header(FrameHeader)
  /// A run of the frame's payload, still masked: where it lies in the input, and whether the frame ends with it.
  /// A frame without payload gives one empty run that is the last.
  case payload(range: Range<Int>, isLast: Bool)
}
