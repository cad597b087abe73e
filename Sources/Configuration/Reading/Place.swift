/// How a message names a part of the file to the person who wrote it.
public struct Place: Hashable, Sendable {
  /// As the subject of a message: `'dial' in timeouts of route '/deepgram-proxy'`.
  public let phrase: String
  /// As what something else stands in: `timeouts of route '/deepgram-proxy'`; empty for the file itself.
  public let owner: String
  /// What this stands in itself: `route '/deepgram-proxy'`.
  private let parent: String

  private init(phrase: String, owner: String, parent: String = "") {
    self.phrase = phrase
    self.owner = owner
    self.parent = parent
  }

  /// The whole file.
  public static let file = Place(phrase: "the file", owner: "")

  /// A thing with a name of its own: `route '/deepgram-proxy'`.
  public static func named(_ name: String) -> Place { Place(phrase: name, owner: name) }

  /// The value of a key.
  public func field(_ key: String) -> Place {
    let key = Quote.plain(key)
    guard !owner.isEmpty else { return Place(phrase: "'\(key)'", owner: key) }
    return Place(phrase: "'\(key)' in \(owner)", owner: "\(key) of \(owner)", parent: owner)
  }

  /// An item of a list, counted from 1: `listener 2`, or where there is no noun for one, `item 2 of origins of route '/a'`.
  public func item(_ number: Int, noun: String?) -> Place {
    noun.map { named("\($0) \(number)") } ?? .named("item \(number) of \(owner)")
  }

  /// An entry of a mapping whose keys are names: `tier 'gold'`, `header 'x-a' of upstream 'b'`.
  public func entry(_ key: String, noun: String?) -> Place {
    noun.map { named("\($0) '\(Quote.plain(key))'") } ?? field(key)
  }

  private func named(_ name: String) -> Place {
    .named(parent.isEmpty ? name : "\(name) of \(parent)")
  }
}
