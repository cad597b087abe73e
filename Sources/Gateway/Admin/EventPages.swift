import JSON
import Logging
import Telemetry
import Vendors

/// The last security events at the operator's address, as the log has them: `GET /events`.
struct EventPages: Sendable {
  let core: GatewayCore

  private static let usual = 50

  /// The answer; nil where the path is another.
  func answer(_ head: RequestHead) -> HTTPAnswer? {
    guard head.path == "/events" else { return nil }
    guard head.method == "GET" || head.method == "HEAD" else { return .notAllowed("GET, HEAD") }
    guard let limit = Query(head.query)["limit"].map({ Int($0) }) ?? Self.usual, limit >= 0 else {
      return .problem(400, "bad_request", "'limit' must be a number")
    }
    let events = core.events.latest.prefix(limit).map { JSONValue.object($0.json) }
    return .json(JSONValue.object(["events": .array(Array(events))]).serialize())
  }
}

extension RecentEvents.Entry {
  fileprivate var json: JSONObject {
    var json: JSONObject = ["time": .string(time.rfc3339), "level": .string(level.rawValue)]
    for name in ["event", "session"] { json[name] = fields[name].map { JSONValue($0) } }
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) where json[name] == nil { json[name] = JSONValue(value) }
    return json
  }
}

extension JSONValue {
  /// A log field.
  fileprivate init(_ value: Logger.MetadataValue) {
    switch value {
    case .string(let text): self = .string(text)
    case .stringConvertible(let value as any BinaryInteger): self = .int(Int64("\(value)") ?? .max)
    case .stringConvertible(let value as Bool): self = .bool(value)
    case .stringConvertible(let value): self = .string("\(value)")
    case .array(let values): self = .array(values.map { JSONValue($0) })
    case .dictionary(let members):
      self = .object(JSONObject(members.sorted { $0.key < $1.key }.map { .init($0.key, JSONValue($0.value)) }))
    }
  }
}
