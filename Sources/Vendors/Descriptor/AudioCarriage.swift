import Configuration
import YAML

/// In what kind of frame one direction's audio travels (D10).
public enum AudioCarriage: Sendable, Equatable {
  /// Binary frames hold nothing else.
  case binary
  /// Base64 at a path of the messages that match.
  case json(match: MessageMatch, path: JSONPath)

  private struct Form: Section {
    var match: MessageMatch?
    var path: JSONPath?

    static let section = SectionDescription<Form>(
      "VendorAudioCarriage", "Base64 audio in JSON messages.",
      fields: [
        Field("match", \.match, ValueTypes.match, required: true, "Which messages."),
        Field("path", \.path, ValueTypes.path, required: true, "Where in them."),
      ])
  }

  static let type = ValueType<AudioCarriage>(
    "`binary` or VendorAudioCarriage",
    shape: .any([.choice(["binary"]), .section(name: "VendorAudioCarriage") { Form.section.shape(defaults: Form()) }])
  ) { node, place, _, reader in
    if let text = node.text {
      if text == "binary" { return .binary }
      let suggestion = Suggestion.nearest(to: text, among: ["binary"])
      reader.mismatch(node, at: place, expected: "'binary', or a mapping with 'match' and 'path'", suggestion: suggestion)
      return nil
    }
    guard let form = reader.read(Form.self, from: node, at: place), let match = form.match, let path = form.path else { return nil }
    return .json(match: match, path: path)
  }
}
