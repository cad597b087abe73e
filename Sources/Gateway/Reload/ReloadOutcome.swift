import Configuration
import JSON

/// What came of a reload.
struct ReloadOutcome: Sendable {
  /// What asked for it.
  enum Trigger: String, Sendable {
    case signal, file, admin
  }

  /// Why nothing was changed; empty where the file is in force.
  var errors: [Diagnostic] = []
  var warnings: [Diagnostic] = []
  /// What is in the file and waits for the next start, in words for the operator.
  var waiting: [String] = []
  var routes = 0

  var isInForce: Bool { errors.isEmpty }

  func answer() -> HTTPAnswer {
    func list(_ diagnostics: [Diagnostic]) -> JSONValue { .array(diagnostics.map(\.json)) }
    guard isInForce else {
      return .problem(
        422, "bad_configuration", "nothing was changed: \(errors.first?.headline ?? "")", ["problems": list(errors + warnings)])
    }
    let body: JSONValue = [
      "reloaded": true, "routes": .int(Int64(routes)), "warnings": list(warnings), "waiting": .array(waiting.map { .string($0) }),
    ]
    return .json(body.serialize())
  }
}
