import JSON
import YAML

/// Handshakes inside the socket, for frontends that were written for them.
public struct RouteHandshake: Section, Equatable {
  public enum Authenticate: String, CaseIterable, Sendable { case off, optional, required }

  /// How what the client is told looks.
  public enum Style: String, CaseIterable, Sendable { case flat, nested }

  public var authenticate = Authenticate.off
  public var connect: String?
  public var forwardConnect = false
  public var early = 20
  public var style: Style?
  public var name: String?
  /// JSON texts.
  public var opening: [String] = []
  /// JSON texts by the type of message that they answer.
  public var replies: [String: String] = [:]

  public init() {}

  /// Whether clients speak to the gateway itself before there is an upstream.
  public var isInside: Bool { authenticate != .off || connect != nil }

  /// The style as given, else that of the frontends that begin like this.
  public var effectiveStyle: Style { style ?? (connect == "session.create" ? .nested : .flat) }

  public static let section = SectionDescription<RouteHandshake>(
    "Handshake",
    """
    Handshakes inside the socket: with `authenticate` or `connect` the client gets its 101 at once, and everything else by messages. \
    Described in Handshake.md. `opening` and `replies` work on any route.
    """,
    fields: [
      Field(
        "authenticate", \.authenticate, .choice,
        """
        Whether the client says who it is by `{"type":"authenticate","token":"..."}` within `timeouts.authentication`. `required`: \
        nothing else is listened to before. `optional`: a client may go on without, with no subject and the route's tier. A credential in \
        the request is checked before the 101, as everywhere, and is enough.
        """),
      Field(
        "connect", \.connect, .text,
        """
        Type of the message that makes the gateway dial, such as `connect_realtime` or `session.create`. The client then stays when the \
        upstream goes, and can send it again. Without it, dialled when the client is known.
        """),
      Field("forward_connect", \.forwardConnect, .boolean, "Whether that message itself goes on to the upstream, first."),
      Field(
        "early", \.early, .integer(1...1_000),
        "Messages that a client may send before it is known, wrong ones included. Beyond it: close 1008. Their bytes count in `handshakes.bytes`."
      ),
      Field(
        "style", \.style, .choice,
        """
        How errors look. `flat`: `{"type":"error","error":"text"}`, all messages are JSON, and binary ones are read as text. `nested`: \
        `{"type":"error","error":{"message":"text","type":"name"}}`, and binary messages are audio. Unless given, `nested` with \
        `connect: session.create`, else `flat`.
        """),
      Field(
        "name", \.name, .text,
        "What errors call the upstream: `OpenAI` makes `OpenAI connection error`. The vendor's name unless given, `Upstream` for a `url`."),
      Field(
        "opening", \.opening, .list(of: .message),
        "Messages that the gateway sends an upstream as soon as it is open, before anything of the client: `{type: session.update, session: {...}}`."
      ),
      Field(
        "replies", \.replies, .map(of: .message, noun: "reply"),
        """
        Messages that the gateway sends the upstream when one of this type comes from it, of 4KiB at most: \
        `input_audio_buffer.speech_stopped: {type: response.create}`.
        """),
    ])
}

extension ValueType where Value == String {
  /// A JSON object: as a mapping, or as JSON text where the kind of a value matters. Read to its text.
  static var message: ValueType {
    ValueType("mapping or JSON text", shape: .anything, write: { $0 }) { node, place, _, reader in
      if node.mapping != nil { return JSONValue(node).text() }
      if let text = node.text, let value = try? JSONValue.parse(text), value.objectValue != nil { return value.text() }
      reader.mismatch(node, at: place, expected: "a mapping, or a JSON object as text")
      return nil
    }
  }
}

extension JSONValue {
  /// What a node says by YAML's core schema.
  fileprivate init(_ node: Node) {
    switch node.content {
    case .mapping(let entries): self = .object(JSONObject(entries.map { .init($0.name, JSONValue($0.value)) }))
    case .sequence(let nodes): self = .array(nodes.map { JSONValue($0) })
    case .scalar(let scalar):
      switch scalar.core {
      case .null: self = .null
      case .boolean(let value): self = .bool(value)
      case .integer(let value): self = .int(Int64(value))
      case .number(let value) where value.isFinite: self = .double(value)
      case .number, .text: self = .string(scalar.text)
      }
    }
  }
}
