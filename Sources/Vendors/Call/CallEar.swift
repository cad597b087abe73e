import JSON

/// Tells what a vendor's messages are, by its descriptor.
struct CallEar: Sendable {
  private let vendor: VendorDescriptor
  /// Of returned audio; nil before a vendor that declares it has done so.
  private(set) var outputFormat: AudioFormat?
  /// Words of utterances under way that come piece by piece.
  private var words: [ConversationRules.Transcript.Speaker: String] = [:]

  init(_ vendor: VendorDescriptor, outputFormat: AudioFormat?) {
    self.vendor = vendor
    self.outputFormat = outputFormat
  }

  /// A text message, as JSON where it is.
  mutating func hear(_ text: String) -> (message: JSONValue?, events: [CallEvent]) {
    if let framing = vendor.codec.server.framing { return hear(Array(text.utf8), isText: true, framing) }
    guard vendor.codec.server.hasJSONText else {
      let message = JSONValue.object(["text": .string(text)])
      return (message, [transcript(of: message).map { .transcript($0) } ?? .text(text)] + details(of: message))
    }
    guard let message = try? JSONValue.parse(text), message.objectValue != nil else { return (nil, [.text(text)]) }
    return (message, events(of: message))
  }

  /// A binary message.
  mutating func hear(_ bytes: [UInt8]) -> (message: JSONValue?, events: [CallEvent]) {
    if let framing = vendor.codec.server.framing { return hear(bytes, isText: false, framing) }
    if vendor.codec.server == .jsonAnyOpcode { return hear(String(decoding: bytes, as: UTF8.self)) }
    if vendor.audio.serverChoices.contains(where: { $0.carriage == .binary }) { return (nil, bytes.isEmpty ? [] : [.audio(bytes)]) }
    return (nil, [.message(name: "binary message of \(bytes.count) bytes")])
  }

  private mutating func hear(
    _ bytes: [UInt8], isText: Bool, _ framing: MessageFraming
  ) -> (message: JSONValue?, events: [CallEvent]) {
    do throws(FramingError) {
      let message = try framing.open(bytes[...], isText: isText).json
      return (message, events(of: message))
    } catch {
      return (nil, [.message(name: "\(error), of \(bytes.count) bytes")])
    }
  }

  private mutating func events(of message: JSONValue) -> [CallEvent] {
    if vendor.audio.format.serverMessage != nil || vendor.audio.format.perMessage != nil,
      let declared = try? vendor.audio.declared(in: message, .output)
    {
      outputFormat = declared
    }
    if let rule = vendor.errors.messages.first(where: { $0.match?.matches(message) ?? false }) {
      let code = rule.codePath?.first(in: message).map(Self.text)
      let text = rule.messagePath?.first(in: message).map(Self.text)
      return [.failure(code: code, text: text ?? message.text(), isFatal: rule.fatal)]
    }
    for choice in vendor.audio.serverChoices {
      guard case .json(let match, let path) = choice.carriage, match.matches(message) else { continue }
      let bytes = path.all(in: message).compactMap { $0.stringValue.flatMap(choice.decode) }.flatMap { $0 }
      if !bytes.isEmpty { return [.audio(bytes)] + details(of: message) }
    }
    if let transcript = transcript(of: message) { return [.transcript(transcript)] + details(of: message) }
    let name = vendor.discriminator.lazy.compactMap { $0.name(of: message) }.first
    return [.message(name: name ?? message.text())] + details(of: message)
  }

  /// What a message may say beside what it is.
  private func details(of message: JSONValue) -> [CallEvent] {
    var events: [CallEvent] = []
    for report in vendor.usage.reports where report.match?.matches(message) ?? false {
      guard let amount = report.path?.first(in: message)?.doubleValue else { continue }
      events.append(.usage(amount: amount, unit: report.unit.rawValue))
    }
    if vendor.conversation.endsTurn(message) { events.append(.turnEnded) }
    return events
  }

  /// Nil for a message without words.
  private mutating func transcript(of message: JSONValue) -> CallTranscript? {
    guard let rule = vendor.conversation.transcripts.first(where: { $0.match?.matches(message) ?? false }), let path = rule.path
    else { return nil }
    let text = path.all(in: message).compactMap(\.stringValue).joined()
    var whole = text
    switch rule.form {
    case .interim: break
    case .addition:
      whole = words[rule.speaker, default: ""] + text
      words[rule.speaker] = whole
    case .final: words[rule.speaker] = nil
    }
    return whole.isEmpty ? nil : CallTranscript(whole, isFinal: rule.form == .final, speaker: rule.speaker)
  }

  private static func text(_ value: JSONValue) -> String { value.stringValue ?? value.text() }
}
