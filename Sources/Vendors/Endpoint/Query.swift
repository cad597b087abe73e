/// A URL's query: pairs in order, repeats kept, each as it was written.
public struct Query: Sendable, Equatable {
  public struct Item: Sendable, Equatable {
    /// Percent-encoded, as it stands in the URL.
    public var rawName: String
    /// Percent-encoded; nil where there was no `=`.
    public var rawValue: String?

    public init(rawName: String, rawValue: String?) {
      self.rawName = rawName
      self.rawValue = rawValue
    }

    /// From plain text, which is encoded.
    public init(_ name: String, _ value: String) {
      self.init(rawName: Percent.encode(name), rawValue: Percent.encode(value))
    }

    public var name: String { Percent.decode(rawName) }
    public var value: String { Percent.decode(rawValue ?? "") }
    var raw: String { rawValue.map { "\(rawName)=\($0)" } ?? rawName }
  }

  public var items: [Item]

  public init(items: [Item] = []) { self.items = items }

  /// From what follows the `?` of a URL; nil and empty are no items.
  public init(_ text: String?) {
    items = (text ?? "").split(separator: "&").map { pair in
      guard let equals = pair.firstIndex(of: "=") else { return Item(rawName: String(pair), rawValue: nil) }
      return Item(rawName: String(pair[..<equals]), rawValue: String(pair[pair.index(after: equals)...]))
    }
  }

  /// From plain pairs.
  public init(_ pairs: [(String, String)]) {
    items = pairs.map { Item($0.0, $0.1) }
  }

  /// What follows the `?`; empty where there are no items.
  public var text: String { items.map(\.raw).joined(separator: "&") }

  /// The decoded values of a name, in order.
  public func values(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

  public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

  public func contains(_ name: String) -> Bool { items.contains { $0.name == name } }

  public mutating func remove(_ name: String) { items.removeAll { $0.name == name } }

  /// Removes every item of a name and puts one in.
  public mutating func set(_ name: String, _ value: String) {
    remove(name)
    items.append(Item(name, value))
  }
}
