/// Why the program cannot go on, with the sysexits code it ends with.
struct Failure: Error {
  static let usage: Int32 = 64
  static let unavailable: Int32 = 69

  let code: Int32
  let text: String

  static func usage(_ text: String) -> Failure { Failure(code: usage, text: text) }
  static func unavailable(_ text: String) -> Failure { Failure(code: unavailable, text: text) }
}
