import JSON

/// What a call says to a vendor before and around its audio: parameters, first messages, the message that holds audio.
struct CallOpening: Sendable {
  /// Parameters to add to the URL's own.
  let query: [QueryRules.Pair]
  /// To be sent as soon as the socket is open.
  let messages: [String]
  /// The message around each piece of audio, and where in it; nil for binary messages.
  let envelope: (sketch: MessageSketch, path: JSONPath)?

  /// - Parameter wish: the value of a name that only a caller can choose.
  init(
    _ vendor: VendorDescriptor, input: CallFormat, output: CallFormat?, query: Query, wish: (String) -> JSONValue? = { _ in nil }
  ) {
    let rules = vendor.audio.format
    var pairs = vendor.conversation.query
    for (format, places) in [(input, rules.query?.input), (output, rules.query?.output)] {
      guard let declaration = format?.declaration, let places else { continue }
      // What the descriptor says itself may say the format in its own way.
      pairs += Self.pairs(declaration, places).filter { pair in !pairs.contains { $0.name == pair.name } }
    }
    self.query = pairs.filter { !query.contains($0.name) }
    messages = Self.messages(vendor, input, output) { name in
      name.hasPrefix("query.") ? query[String(name.dropFirst("query.".count))].map { .string($0) } : wish(name)
    }
    if case .json(let match, let path)? = vendor.audio.client {
      var sketch = MessageSketch(match)
      if case .json(let whole)? = vendor.conversation.audio?.content { sketch = MessageSketch(whole) }
      if let declaration = input.declaration, let places = rules.perMessage?.input { sketch.declare(declaration, at: places) }
      envelope = (sketch, path)
    } else {
      envelope = nil
    }
  }

  private static func pairs(_ fixed: FormatRules.Fixed, _ places: FormatRules.Places) -> [QueryRules.Pair] {
    [
      (places.encoding, fixed.encoding), (places.rate, fixed.rate.map(String.init)), (places.channels, fixed.channels.map(String.init)),
    ].compactMap { name, value in
      guard let name, let value else { return nil }
      return QueryRules.Pair(name, value)
    }
  }

  private static func messages(
    _ vendor: VendorDescriptor, _ input: CallFormat, _ output: CallFormat?, _ value: (String) -> JSONValue?
  ) -> [String] {
    let declaring = vendor.audio.format.message
    var opening = vendor.conversation.opening
    if opening.isEmpty, let template = vendor.lifecycle.firstMessage?.template { opening = [template] }
    // A vendor that tells nothing more of its opening still wants its first message, or the one that declares formats.
    if opening.isEmpty, let match = vendor.lifecycle.firstMessage?.match ?? (input.declaration == nil ? nil : declaring?.match) {
      opening = [MessageTemplate(.json(MessageSketch(match).value))]
    }
    return opening.map { template in
      guard case .json(let json) = template.content, let declaring, declaring.match?.matches(json) ?? true else {
        return template.rendered(value)
      }
      var sketch = MessageSketch(MessageTemplate.render(json, value))
      if let declaration = input.declaration, let places = declaring.input { sketch.declare(declaration, at: places) }
      if let declaration = output?.declaration, let places = declaring.output { sketch.declare(declaration, at: places) }
      return sketch.value.text()
    }
  }

  /// A piece of audio as the vendor wants it.
  func message(_ audio: [UInt8]) -> CallAction {
    guard let envelope else { return .binary(audio) }
    var sketch = envelope.sketch
    sketch.put(.string(Base64.encode(audio)), at: envelope.path)
    return .text(sketch.value.text())
  }
}
