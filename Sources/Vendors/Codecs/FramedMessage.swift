import JSON

/// A message of a vendor's own framing, taken apart: what it says as JSON, for matches and paths, and the bytes in it.
public struct FramedMessage: Sendable, Equatable {
  public struct Part: Sendable, Equatable {
    /// Where in the message, as a JSON path writes it.
    public var path: String
    public var bytes: [UInt8]
  }

  /// In the place of bytes stands a text: `bytes`, or nothing where there are none.
  public var value: JSONValue
  public var parts: [Part]

  init(_ value: JSONValue, parts: [Part] = []) {
    self.value = value
    self.parts = parts
  }

  /// What stands in `value` for bytes.
  static func placeholder(_ bytes: some Collection<UInt8>) -> JSONValue { .string(bytes.isEmpty ? "" : "bytes") }

  public func bytes(at path: JSONPath) -> [UInt8]? { parts.first { $0.path == path.text }?.bytes }

  /// The message with base64 in the place of bytes.
  public var json: JSONValue {
    var sketch = MessageSketch(value)
    for part in parts {
      if let path = JSONPath(part.path) { sketch.put(.string(Base64.encode(part.bytes)), at: path) }
    }
    return sketch.value
  }
}
