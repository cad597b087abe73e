import JSON

/// What of a session's messages a vendor wants repeated in those that the gateway makes itself, and how many there were.
public struct SessionMemory: Sendable, Equatable {
  /// The name of the number of binary messages that the client sent.
  public static let binaryMessages = "binary_messages"

  private let rules: [String: MemoryRule]
  private var values: [String: JSONValue] = [:]
  private var binaryCount: Int64 = 0

  public init(_ vendor: VendorDescriptor) { rules = vendor.memory }

  /// Whether there is anything to remember: where not, messages need not be read.
  public var isEmpty: Bool { rules.isEmpty }

  public mutating func note(_ message: JSONValue, of side: MemoryRule.Side) {
    for (name, rule) in rules where rule.side == side {
      if let value = rule.path?.first(in: message), !value.isNull { values[name] = value }
    }
  }

  /// The same, where a value was found already.
  public mutating func note(_ value: JSONValue, as name: String) { values[name] = value }

  /// The client sent a binary message.
  public mutating func noteBinary() { binaryCount += 1 }

  /// The message with its places filled; nil where one of them has no value yet.
  public func text(of template: MessageTemplate) -> String? {
    guard template.variables.allSatisfy({ value($0) != nil }) else { return nil }
    return template.rendered(value)
  }

  func value(_ name: String) -> JSONValue? { name == Self.binaryMessages ? .int(binaryCount) : values[name] }
}
