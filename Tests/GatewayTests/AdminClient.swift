import JSON
import TestSupport

extension GatewayProcess {
  /// The page of open sessions.
  func sessions(_ query: String = "") throws -> JSONValue { try JSONValue.parse(get("/sessions" + query, port: adminPort).body) }

  /// The security events of late, the latest first.
  func events(_ query: String = "") throws -> [JSONValue] {
    try JSONValue.parse(get("/events" + query, port: adminPort).body)["events"]?.arrayValue ?? []
  }
}
