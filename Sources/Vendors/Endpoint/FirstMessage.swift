import JSON

/// The client's first message where it holds the vendor's credential, or the client's.
public enum FirstMessage {
  /// The credential that a client put where its SDK puts the vendor's, and the message without it and without all that the descriptor
  /// strips; nil where the message is no JSON object.
  public static func withoutCredential(_ text: String, _ vendor: VendorDescriptor) -> (credential: String?, message: JSONValue)? {
    FirstMessageRules([vendor]).read(text).map { ($0.credential, $0.message) }
  }

  /// The message with the vendor's credential in it.
  public static func placing(_ credential: UpstreamRequest.FirstMessageCredential, in message: JSONValue) -> JSONValue {
    guard let path = JSONPath(credential.path) else { return message }
    var sketch = MessageSketch(message)
    sketch.put(.string(credential.value), at: path)
    return sketch.value
  }
}

extension JSONValue {
  /// The value without what stands at the path.
  func removing(_ path: JSONPath) -> JSONValue { removing(path.steps[...]) }

  private func removing(_ steps: ArraySlice<JSONPath.Step>) -> JSONValue {
    guard case .member(let name)? = steps.first, let object = objectValue else { return self }
    let members = object.members.compactMap { member -> JSONObject.Member? in
      guard member.name == name else { return member }
      return steps.count == 1 ? nil : JSONObject.Member(name, member.value.removing(steps.dropFirst()))
    }
    return .object(JSONObject(members))
  }
}
