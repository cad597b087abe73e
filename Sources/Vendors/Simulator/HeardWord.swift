/// A word with its place in the stream.
struct HeardWord: Sendable, Equatable {
  var text: String
  /// Samples from the stream's first.
  var start: Int
  var end: Int
}
