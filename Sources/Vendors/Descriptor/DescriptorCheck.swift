import Configuration
import YAML

/// What must hold between the keys of a descriptor.
enum DescriptorCheck {
  static func check(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    variables(value, node, place, &reader)
    formats(value, node, place, &reader)
  }

  /// A `{name}` in the URL may get its value from the operator, who can't be known here; but a value for a name that the URL has not is
  /// wrong for certain.
  private static func variables(_ value: VendorDescriptor, _ node: Node, _ place: Place, _ reader: inout Reader) {
    let names = Set(value.endpoint.url.variables)
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
