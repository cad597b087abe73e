import JSON

/// Where a client's first message may hold a credential, or something else that is not to go on.
public struct FirstMessageRules: Sendable, Equatable {
  /// What becomes of a first message.
  public struct Reading: Sendable, Equatable {
    /// What the client put where its SDK puts the vendor's key.
    public var credential: String?
    /// The message without it.
    public var message: JSONValue
    /// Whether anything was taken out; what is as it came need not be written anew.
    public var isChanged: Bool
  }

  private let places: [CredentialPlacement]
  private let stripped: [JSONPath]

  /// - Parameter vendors: to any of which the session may lead.
  public init(_ vendors: [VendorDescriptor]) {
    places = vendors.flatMap(\.credential.placements).filter { if case .firstMessage = $0 { true } else { false } }
    stripped = vendors.flatMap(\.strip.firstMessage)
  }

  /// Reads a message; nil where it is no JSON object. Of members with one name the last counts, and all are taken out.
  public func read(_ text: String) -> Reading? {
    guard let original = try? JSONValue.parse(text, allowDuplicates: true), original.objectValue != nil else { return nil }
    var reading = Reading(credential: nil, message: original, isChanged: false)
    for case .firstMessage(let path, let template) in places {
      guard let path = JSONPath(path) else { continue }
      if let value = path.first(in: original)?.stringValue, reading.credential == nil {
        reading.credential = TextTemplate(template).values(in: value)?["secret"].flatMap { $0.isEmpty ? nil : $0 }
      }
      reading.message = reading.message.removing(path)
    }
    for path in stripped { reading.message = reading.message.removing(path) }
    reading.isChanged = reading.message != original
    return reading
  }
}
