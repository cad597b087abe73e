/// One thing that the gateway does for a frame, a message or a session, made ready to be done again and again.
struct Part {
  let name: String
  /// Operations in one call of `body`, enough of them that the call itself does not count.
  let operations: Int
  /// Bytes that one operation goes over; nil where that says nothing.
  let bytes: Int?
  /// Does the operations and answers something that comes of all of them.
  let body: () async -> Int
  /// What a call must answer, so that nothing is measured that does not work.
  let isRight: (Int) -> Bool

  init(_ name: String, operations: Int = 1, bytes: Int? = nil, isRight: @escaping (Int) -> Bool, body: @escaping () async -> Int) {
    self.name = name
    self.operations = operations
    self.bytes = bytes
    self.isRight = isRight
    self.body = body
  }

  init(_ name: String, operations: Int = 1, bytes: Int? = nil, expecting right: Int, body: @escaping () async -> Int) {
    self.init(name, operations: operations, bytes: bytes, isRight: { $0 == right }, body: body)
  }
}

/// Why nothing can be measured.
struct PartFailure: Error {
  let text: String
}
