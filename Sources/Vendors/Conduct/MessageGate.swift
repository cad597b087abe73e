import JSON

/// Which messages a client may send, and what in them is not for it to say.
struct MessageGate: Sendable {
  /// Where a message may say what it is: a value, or the presence of members.
  private enum Name: Sendable {
    case value(Int)
    case members([(slot: Int, name: String)])
  }

  private struct Pin: Sendable {
    var path: JSONPath
    /// Of the object that it belongs to; nil for the message itself.
    var parent: Int?
    var slot: Int
    var value: JSONValue
  }

  private let types: Set<String>
  private let names: [Name]
  private let pins: [Pin]

  var isPinned: Bool { !pins.isEmpty }

  /// Without a descriptor a message has its name in `type`.
  private static func discriminators(_ vendor: VendorDescriptor) -> [Discriminator] {
    vendor.discriminator.isEmpty ? JSONPath("type").map { [.path($0)] } ?? [] : vendor.discriminator
  }

  static func needs(_ settings: ConductSettings, _ vendor: VendorDescriptor) throws(InspectionError) -> ListeningPlan.Needs {
    var needs = ListeningPlan.Needs()
    if !settings.types.isEmpty {
      for discriminator in discriminators(vendor) {
        switch discriminator {
        case .path(let path): needs.add(path)
        case .keys(let keys): for key in keys { needs.add(JSONPath(key)) }
        }
      }
      needs.keep((settings.types.map(\.utf8.count).max() ?? 0) + 1)
    }
    for (text, _) in settings.pinned {
      let path = try Self.path(text)
      needs.add(path)
      needs.add(path.parent)
    }
    return needs
  }

  private static func path(_ text: String) throws(InspectionError) -> JSONPath {
    guard let path = JSONPath(text), path.steps.allSatisfy({ if case .member = $0 { true } else { false } }) else {
      throw InspectionError("'\(text)' in messages.pinned is no path; expected member names such as session.model")
    }
    return path
  }

  /// Nil where a route asks for nothing of the kind.
  init?(_ settings: ConductSettings, _ vendor: VendorDescriptor, in plan: ListeningPlan) throws(InspectionError) {
    guard !settings.types.isEmpty || !settings.pinned.isEmpty else { return nil }
    types = Set(settings.types)
    names = Self.discriminators(vendor).map { discriminator in
      switch discriminator {
      case .path(let path): .value(plan.slot(path) ?? 0)
      case .keys(let keys): .members(keys.compactMap { key in plan.slot(JSONPath(key)).map { ($0, key) } })
      }
    }
    var pins: [Pin] = []
    for (text, value) in settings.pinned {
      let path = try Self.path(text)
      guard let slot = plan.slot(path) else { continue }
      pins.append(Pin(path: path, parent: plan.slot(path.parent), slot: slot, value: .string(value)))
    }
    self.pins = pins
  }

  /// What the message calls itself, if it may not pass.
  func refusal(_ scanner: borrowing JSONScanner) -> ConductEvent? {
    guard !types.isEmpty else { return nil }
    let name = name(of: scanner)
    if let name, types.contains(name) { return nil }
    return .refused(name)
  }

  private func name(of scanner: borrowing JSONScanner) -> String? {
    for name in names {
      switch name {
      case .value(let slot):
        guard scanner.kind(slot) == .string || scanner.kind(slot) == .number else { continue }
        return String(decoding: scanner.bytes(slot), as: UTF8.self) + (scanner.isTruncated(slot) ? "..." : "")
      case .members(let members):
        for member in members where scanner.kind(member.slot) != .absent { return member.name }
      }
    }
    return nil
  }

  /// Whether the message has an object with a field that is pinned, or the field itself.
  func concerns(_ scanner: borrowing JSONScanner) -> Bool {
    for pin in pins where Self.concerns(pin, scanner) { return true }
    return false
  }

  private static func concerns(_ pin: Pin, _ scanner: borrowing JSONScanner) -> Bool {
    pin.parent.map { scanner.kind($0) == .object } ?? (scanner.kind(pin.slot) != .absent)
  }

  /// The message with its pinned fields as they have to be; nil for one that is none, or has a member twice, so that nobody can tell what the
  /// vendor would read in it.
  func pinned(_ message: [UInt8], _ scanner: borrowing JSONScanner) -> [UInt8]? {
    guard var value = try? JSONValue.parse(message) else { return nil }
    for pin in pins where Self.concerns(pin, scanner) { value.set(pin.value, at: pin.path.text) }
    return value.serialize()
  }
}

extension JSONPath {
  /// Where what it leads to is a member; nil where that is the message itself.
  fileprivate var parent: JSONPath? {
    guard let dot = text.lastIndex(of: ".") else { return nil }
    return JSONPath(String(text[..<dot]))
  }
}
