import Configuration
import YAML

/// What must hold between the keys of a descriptor.
enum DescriptorCheck {
  static func check(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    variables(value, node, place, &reader)
    formats(value, node, place, &reader)
    messages(value, node, place, &reader)
    ContradictionCheck.check(value, node, place, &reader)
  }

  /// A `{name}` in the URL may get its value from the operator, who can't be known here; but a value for a name that the URL has not is
  /// wrong for certain.
  private static func variables(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    let templates =
      value.handshake.headers.map { TextTemplate($0.template) }
      + [value.initRequest?.url, value.credential.exchange?.restToken?.url]
      .compactMap { $0 }
    let names = Set(value.endpoint.url.variables + templates.flatMap(\.variables) + credentialVariables(value))
    for (name, values) in value.endpoint.choices.sorted(by: { $0.key < $1.key }) {
      let mark = node.descendant(["endpoint", "choices"])?.entry(name)?.key.start
      if !names.contains(name) {
        reader.error(
          "'\(name)' in choices of \(place.owner) is not a variable of its url", at: mark,
          suggestion: Suggestion.nearest(to: name, among: names))
      }
      let given = [value.endpoint.variables[name]] + value.regions.values.map { $0[name] }
      for wrong in given.compactMap({ $0 }) where !values.contains(wrong) {
        reader.error("'\(wrong)' in \(place.owner) is none of the choices of '\(name)'", at: mark)
      }
    }
    for (region, values) in value.regions {
      for name in values.keys.sorted() where !names.contains(name) {
        reader.error(
          "region '\(region)' in \(place.owner) sets '\(name)', which is not a variable of its url",
          at: node.descendant(["regions", region])?.entry(name)?.key.start, suggestion: Suggestion.nearest(to: name, among: names))
      }
    }
    for name in value.endpoint.variables.keys.sorted() where !names.contains(name) {
      reader.error(
        "'\(name)' in variables of \(place.owner) is not a variable of its url",
        at: node.descendant(["endpoint", "variables"])?.entry(name)?.key.start, suggestion: Suggestion.nearest(to: name, among: names))
    }
  }

  private static func credentialVariables(_ value: VendorDescriptor) -> [String] {
    value.credential.placements.flatMap { placement -> [String] in
      switch placement {
      case .headers(let list): list.flatMap { TextTemplate($0.template).variables }
      case .signed(let rules): rules.region?.variables ?? []
      default: []
      }
    }
  }

  /// A place that nothing fills would never be.
  private static func messages(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    let names = Set(value.memory.keys).union([SessionMemory.binaryMessages])
    for (section, message) in [("keepalive", value.keepalive.message), ("close", value.close.message)] {
      for name in message?.variables ?? [] where !names.contains(name) {
        reader.error(
          "unknown variable '{\(Quote.plain(name))}' in \(section) of \(place.owner)", at: node.descendant([section, "message"])?.start,
          suggestion: Suggestion.nearest(to: name, among: names))
      }
    }
    guard value.credential.placements.contains(.urlFromInit), value.initRequest == nil else { return }
    reader.error("\(place.owner) has 'url_from_init' and so needs 'init'", at: node.descendant(["credential", "placement"])?.start)
  }

  /// A default format must be one of those allowed.
  private static func formats(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    let format = value.audio.format
    for (direction, given, allowed) in [
      ("input", format.defaults.input, value.audio.allowed.input), ("output", format.defaults.output, value.audio.allowed.output),
    ] {
      guard let encoding = given?.encoding, !allowed.isEmpty, allowed[encoding] == nil else { continue }
      reader.error(
        "default \(direction) encoding '\(encoding)' in \(place.owner) is not among those allowed",
        at: node.descendant(["audio", "format", "defaults", direction, "encoding"])?.start,
        suggestion: Suggestion.nearest(to: encoding, among: allowed.keys))
    }
  }
}
