import JSON

/// The values that a simulation's templates and conditions can name.
struct SimulatorScope: Sendable {
  private(set) var values: [String: JSONValue] = [:]
  private var random: SimulatorRandom

  init(seed: UInt64, unixTime: Int, query: Query) {
    random = SimulatorRandom(seed: seed)
    var members = JSONObject()
    for item in query.items where members[item.name] == nil { members[item.name] = .string(item.value) }
    values["query"] = .object(members)
    values["session_id"] = .string(random.uuid())
    values["request_id"] = .string(random.uuid())
    values["unix"] = .int(Int64(unixTime))
    values["expires_at"] = .int(Int64(unixTime + 3600))
    values["created"] = .string(UTCTime(unixTime).extended)
    values["previous_item_id"] = .null
    values["message"] = .object([:])
  }

  subscript(name: String) -> JSONValue? {
    get { values[name] }
    set { values[name] = newValue }
  }

  mutating func freshID() -> String { random.hex() }

  mutating func set(seconds: (start: Double, end: Double)) {
    for (name, value) in [("start", seconds.start), ("end", seconds.end), ("duration", max(seconds.end - seconds.start, 0))] {
      values[name] = Self.number(value)
      values["\(name)_ms"] = .int(Int64((value * 1000).rounded()))
      // 100 ns.
      values["\(name)_ticks"] = .int(Int64((value * 1000).rounded()) * 10_000)
    }
  }

  /// The message with every place filled.
  mutating func render(_ template: MessageTemplate) -> String {
    var generator = random
    let text = template.rendered { Self.value($0, values, &generator) }
    random = generator
    return text
  }

  mutating func render(_ template: TextTemplate) -> String {
    var generator = random
    let text = MessageTemplate.render(template) { Self.value($0, values, &generator) }
    random = generator
    return text
  }

  mutating func renderJSON(_ template: MessageTemplate) -> JSONValue {
    guard case .json(let json) = template.content else { return .string(render(template)) }
    var generator = random
    let value = MessageTemplate.render(json) { Self.value($0, values, &generator) }
    random = generator
    return value
  }

  func satisfies(_ condition: MessageMatch?) -> Bool {
    guard let condition else { return true }
    return condition.matches(.object(JSONObject(values.map { .init($0.key, $0.value) })))
  }

  /// Merges the value at a path into a variable: members of objects one by one, anything else as a whole.
  mutating func merge(_ path: JSONPath, into name: String) {
    guard let new = path.first(in: .object(JSONObject(values.map { .init($0.key, $0.value) }))) else { return }
    values[name] = Self.merged(values[name], new)
  }

  private static func merged(_ old: JSONValue?, _ new: JSONValue) -> JSONValue {
    guard case .object(var object)? = old, case .object(let added) = new else { return new }
    for member in added { object[member.name] = merged(object[member.name], member.value) }
    return .object(object)
  }

  private static func value(_ name: String, _ values: [String: JSONValue], _ random: inout SimulatorRandom) -> JSONValue? {
    switch name {
    case "uuid": return .string(random.uuid())
    case "hex": return .string(random.hex())
    default:
      if let value = values[name] { return value }
      guard let dot = name.firstIndex(of: "."), let root = values[String(name[..<dot])] else { return nil }
      return JSONPath(String(name[name.index(after: dot)...]))?.first(in: root)
    }
  }

  /// Seconds to the millisecond, as vendors write them.
  static func number(_ seconds: Double) -> JSONValue { .double((seconds * 1000).rounded() / 1000) }
}
