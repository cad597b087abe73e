import Configuration
import JSON
import YAML

/// In what kind of frame one direction's audio travels.
public enum AudioCarriage: Sendable, Equatable {
  /// Binary frames hold nothing else.
  case binary
  /// Base64 at a path of the messages that match.
  case json(match: MessageMatch, path: JSONPath)

  /// A way that audio may take.
  public struct Choice: Sendable, Equatable {
    public var carriage: AudioCarriage
    /// The client's message after which audio goes this way; nil where it always may.
    public var when: MessageMatch?
    /// Base64 may be in the alphabet for URLs as well (RFC 4648 section 5).
    public var isURLSafe = false

    public init(_ carriage: AudioCarriage, when: MessageMatch? = nil, isURLSafe: Bool = false) {
      self.carriage = carriage
      self.when = when
      self.isURLSafe = isURLSafe
    }

    /// The bytes of a message's base64; nil for what is none.
    public func decode(_ text: String) -> [UInt8]? {
      isURLSafe ? Base64.decodeURLSafe(text) : Base64.decode(text)
    }
  }

  private struct Form: Section {
    var isBinary = false
    var match: MessageMatch?
    var path: JSONPath?
    var when: MessageMatch?
    var isURLSafe = false

    static let section = SectionDescription<Form>(
      "VendorAudioCarriage", "A way that audio takes: binary messages, or base64 in JSON messages.",
      fields: [
        Field("match", \.match, ValueTypes.match, "Which messages hold base64."),
        Field("path", \.path, ValueTypes.path, "Where in them."),
        Field(
          "url_safe", \.isURLSafe, .boolean, "Base64 may be in the alphabet for URLs as well (RFC 4648 section 5), as some SDKs write it."),
        Field("binary", \.isBinary, .boolean, "Binary messages."),
        Field("when", \.when, ValueTypes.match, "The client's message after which audio goes this way."),
      ],
      rules: [.exactlyOne(["binary", "match"]), .together(["match", "path"])])
  }

  private static let words = ["binary"]

  private static let choice = ValueType<Choice>(
    "`binary` or VendorAudioCarriage",
    shape: .any([.choice(words), .section(name: "VendorAudioCarriage") { Form.section.shape(defaults: Form()) }])
  ) { node, place, _, reader in
    if let text = node.text {
      if text == "binary" { return Choice(.binary) }
      let suggestion = Suggestion.nearest(to: text, among: words)
      reader.mismatch(node, at: place, expected: "'binary', or a mapping with 'match' and 'path'", suggestion: suggestion)
      return nil
    }
    guard let form = reader.read(Form.self, from: node, at: place) else { return nil }
    if form.isBinary { return Choice(.binary, when: form.when) }
    guard let match = form.match, let path = form.path else { return nil }
    return Choice(.json(match: match, path: path), when: form.when, isURLSafe: form.isURLSafe)
  }

  /// One way, or a list of them.
  static let choices = ValueType<[Choice]>(
    "\(choice.name), or list of them", shape: .any([choice.shape, .list(choice.shape, atLeast: 1)])
  ) { node, place, _, reader in
    guard node.sequence == nil else {
      return ValueType<[Choice]>.list(of: choice, noun: "way", atLeast: 1).read(node, place, nil, &reader)
    }
    return choice.read(node, place, nil, &reader).map { [$0] }
  }
}

extension Base64 {
  /// The same for a text in the alphabet for URLs (RFC 4648 section 5), or in both.
  static func decodeURLSafe(_ text: String) -> [UInt8]? {
    decode(text) ?? decode(text.replacing("-", with: "+").replacing("_", with: "/"))
  }
}
