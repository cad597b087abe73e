/// What the messages of one direction say of the other's audio: the client names the formats of both, and how both travel.
public struct AudioNews: Sendable, Equatable {
  public var format: AudioFormat?
  /// The conditions of the other direction's ways that hold now.
  var opened: UInt64?

  var isEmpty: Bool { format == nil && opened == nil }
}
