import JSON

/// The framings that take code to see what a message holds. What passes is never changed: they take apart copies, and put together what
/// simulators and calls say.
public enum MessageFraming: Sendable, CaseIterable {
  case eventStream, usp, volc, messagePack

  /// A message as it travels.
  public enum Frame: Sendable, Equatable {
    case text(String)
    case binary([UInt8])
  }

  /// More than this is not looked at, and what is packed is not unpacked beyond it.
  public static let largestMessage = 1 << 20

  /// Takes a message apart.
  public func open(_ bytes: ArraySlice<UInt8>, isText: Bool) throws(FramingError) -> FramedMessage {
    guard bytes.count <= Self.largestMessage else { throw .tooLarge("a message of \(bytes.count) bytes") }
    guard !isText || self == .usp else { throw .illegal("a text message") }
    switch self {
    case .eventStream: return try EventStream.open(bytes)
    case .usp: return try USP.open(bytes, isText: isText)
    case .volc: return try Volc.open(bytes)
    case .messagePack: return try MessagePack.open(bytes)
    }
  }

  /// Puts a message together.
  /// - Parameters:
  ///   - message: as `FramedMessage.json` has it.
  ///   - audio: the ways of audio: where one fits, the text at its path is base64 of bytes.
  public func close(_ message: JSONValue, audio: [AudioCarriage.Choice]) -> Frame {
    let paths = Set(
      audio.compactMap { choice in
        if case .json(let match, let path) = choice.carriage, match.matches(message) { path.text } else { nil }
      })
    switch self {
    case .eventStream: return .binary(EventStream.close(message, audio: paths.contains(EventStream.payload)))
    case .usp: return USP.close(message, audio: paths.contains(USP.body))
    case .volc: return .binary(Volc.close(message, audio: paths.contains(Volc.payload)))
    case .messagePack: return .binary(MessagePack.close(message, audio: paths))
    }
  }

  /// A body or payload as bytes: base64 of them, a text as it is, nothing, or JSON.
  static func body(_ value: JSONValue?, audio: Bool) -> [UInt8] {
    guard let value, !value.isNull else { return [] }
    guard let text = value.stringValue else { return Array(value.text().utf8) }
    return audio ? Base64.decode(text) ?? [] : Array(text.utf8)
  }
}

extension VendorDescriptor {
  /// A message of the client's as it travels: as text, unless the vendor has a framing of its own.
  public func framed(_ text: String) -> MessageFraming.Frame {
    guard let framing = codec.client.framing, let message = try? JSONValue.parse(text) else { return .text(text) }
    return framing.close(message, audio: audio.clientChoices)
  }
}

extension MessageCodec {
  /// The code that takes its messages apart; nil where text is JSON or plain, or nothing is known of it.
  public var framing: MessageFraming? {
    switch self {
    case .eventStream: .eventStream
    case .usp: .usp
    case .volc: .volc
    case .messagePack: .messagePack
    default: nil
    }
  }
}
