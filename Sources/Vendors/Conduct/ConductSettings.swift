/// What an operator says of the conduct of a route's sessions, beside what the vendor's descriptor says.
public struct ConductSettings: Sendable, Equatable {
  /// How long a vendor may take from its 101, or from the client's first message where it wants one, until it is ready; nil for ever.
  public var ready: Duration?
  /// How long a client that could send audio may send none; nil for ever.
  public var clientAudioIdle: Duration?
  /// Answers to messages of the vendor, by their type.
  public var replies: [(type: String, text: String)] = []
  /// What messages of the client may call themselves; empty for anything.
  public var types: [String] = []
  /// Fields of the client's messages that always have this value, by their paths.
  public var pinned: [(path: String, value: String)] = []
  /// Whether another session may take up one that ends.
  public var handsOver = false
  /// What the gateway has said in the client's stead at the start.
  public var opening: [String] = []

  public init() {}

  public static func == (one: ConductSettings, other: ConductSettings) -> Bool {
    one.ready == other.ready && one.clientAudioIdle == other.clientAudioIdle && one.types == other.types && one.opening == other.opening
      && one.handsOver == other.handsOver && one.replies.elementsEqual(other.replies, by: ==)
      && one.pinned.elementsEqual(other.pinned, by: ==)
  }
}
