/// How a simulator fails on purpose. Messages are counted as the client sends them, the first being 1.
public enum Misbehaviour: Sendable, Equatable {
  /// Refuses the handshake with this status.
  case refuse(status: Int)
  /// Closes at the client's nth message.
  case close(atMessage: Int, code: Int)
  /// Says nothing from the client's nth message on; 0 means nothing ever.
  case stall(atMessage: Int)
  /// Answers with broken JSON and stray bytes from the client's nth message on.
  case garbage(atMessage: Int)

  /// `refuse:503`, `close:3:1011`, `stall:2`, `garbage:1`; numbers may be left out. Nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.dropFirst().map { Int($0) }
    guard numbers.allSatisfy({ $0.map { $0 >= 0 } ?? false }), let name = parts.first else { return nil }
    let first = numbers.first.flatMap { $0 }
    switch (name, numbers.count) {
    case ("refuse", 0...1):
      guard (300...599).contains(first ?? 503) else { return nil }
      self = .refuse(status: first ?? 503)
    case ("close", 0...2):
      let code = numbers.count == 2 ? numbers[1] ?? 1011 : 1011
      guard (1000...4999).contains(code) else { return nil }
      self = .close(atMessage: first ?? 1, code: code)
    case ("stall", 0...1): self = .stall(atMessage: first ?? 0)
    case ("garbage", 0...1): self = .garbage(atMessage: first ?? 1)
    default: return nil
    }
  }
}
