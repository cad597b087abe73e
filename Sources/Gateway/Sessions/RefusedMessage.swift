import JSON

/// What a client is told of a message that its route does not let pass.
enum RefusedMessage {
  /// - Parameter name: what the message calls itself; nil where it does not.
  static func event(_ name: String?) -> [UInt8] {
    let found = name.map { "'\($0.prefix(64))'" } ?? "a message without a type"
    let event: JSONValue = [
      "type": "error",
      "error": [
        "type": "message_refused", "found": .string(String((name ?? "").prefix(64))),
        "message": .string("\(found) may not be sent on this route"),
      ],
    ]
    return event.serialize()
  }

  /// It has fields that are not the client's to set, and cannot be read.
  static var malformed: [UInt8] {
    let event: JSONValue = [
      "type": "error", "error": ["type": "message_refused", "found": "", "message": "the message is not JSON, or has a member twice"],
    ]
    return event.serialize()
  }
}
