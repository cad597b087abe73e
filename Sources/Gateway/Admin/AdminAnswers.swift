import JSON

extension HTTPAnswer {
  /// The path has other methods.
  static func notAllowed(_ methods: String) -> HTTPAnswer {
    var answer = HTTPAnswer.text("Method Not Allowed\n", status: 405)
    answer.headers.append(("Allow", methods))
    return answer
  }

  /// What went wrong, in the form of every error: `{"error":{"type":...,"message":...}}`.
  ///
  /// - Parameter more: further members of `error`.
  static func problem(_ status: Int, _ type: String, _ message: String, _ more: JSONObject = [:]) -> HTTPAnswer {
    var error: JSONObject = ["type": .string(type), "message": .string(message)]
    for member in more.members { error[member.name] = member.value }
    return .json(JSONValue.object(["error": .object(error)]).serialize(), status: status)
  }
}
