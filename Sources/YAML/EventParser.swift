import CYAML

/// The events of a YAML text, one at a time, copied out of libyaml so that nothing unsafe goes further than this file.
@safe struct EventParser: ~Copyable {
  struct Event {
    enum Content {
      case streamStart, streamEnd
      case documentStart, documentEnd
      case alias(String)
      case scalar(String, isPlain: Bool)
      case sequenceStart, sequenceEnd
      case mappingStart, mappingEnd
    }

    var content: Content
    var anchor: String?
    var tag: String?
    var start: Mark
    var end: Mark
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let text: UnsafeMutableBufferPointer<UInt8>
  private let isReady: Bool

  /// - Parameter bytes: UTF-8 without a byte order mark.
  init(_ bytes: [UInt8]) {
    unsafe text = .allocate(capacity: bytes.count)
    _ = unsafe text.initialize(from: bytes)
    unsafe parser = .allocate(capacity: 1)
    isReady = unsafe yaml_parser_initialize(parser) == 1
    if isReady {
      unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
      unsafe yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    }
  }

  deinit {
    if isReady { unsafe yaml_parser_delete(parser) }
    unsafe parser.deallocate()
    unsafe text.deallocate()
  }

  mutating func next() throws(YAMLError) -> Event {
    guard isReady else { throw YAMLError(.syntax, at: .start, "no memory to parse with") }
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw unsafe Self.failure(of: parser.pointee) }
    defer { unsafe yaml_event_delete(&event) }
    return unsafe Self.copy(event)
  }

  private static func copy(_ event: yaml_event_t) -> Event {
    var copy = unsafe Event(content: .streamEnd, start: mark(event.start_mark), end: mark(event.end_mark))
    switch unsafe event.type {
    case YAML_STREAM_START_EVENT: copy.content = .streamStart
    case YAML_DOCUMENT_START_EVENT: copy.content = .documentStart
    case YAML_DOCUMENT_END_EVENT: copy.content = .documentEnd
    case YAML_SEQUENCE_END_EVENT: copy.content = .sequenceEnd
    case YAML_MAPPING_END_EVENT: copy.content = .mappingEnd
    case YAML_ALIAS_EVENT:
      copy.content = unsafe .alias(string(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      copy.content = unsafe .scalar(String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
      copy.anchor = unsafe string(scalar.anchor)
      copy.tag = unsafe string(scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      copy.content = .sequenceStart
      copy.anchor = unsafe string(event.data.sequence_start.anchor)
      copy.tag = unsafe string(event.data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT:
      copy.content = .mappingStart
      copy.anchor = unsafe string(event.data.mapping_start.anchor)
      copy.tag = unsafe string(event.data.mapping_start.tag)
    default: copy.content = .streamEnd
    }
    return copy
  }

  private static func string(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    guard let pointer = unsafe pointer else { return nil }
    return unsafe String(cString: pointer)
  }

  private static func mark(_ mark: yaml_mark_t) -> Mark {
    Mark(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }

  /// libyaml says what it was doing (`while parsing a flow sequence`), since where, and what it did not find.
  private static func failure(of parser: yaml_parser_t) -> YAMLError {
    guard unsafe parser.error != YAML_MEMORY_ERROR else { return YAMLError(.syntax, at: .start, "no memory to parse with") }
    let problem = unsafe parser.problem.map { unsafe String(cString: $0) } ?? "invalid YAML"
    guard let context = unsafe parser.context.map({ unsafe String(cString: $0) }) else {
      return YAMLError(.syntax, at: unsafe mark(parser.problem_mark), problem)
    }
    let place = unsafe mark(parser.problem_mark)
    let begin = unsafe mark(parser.context_mark)
    let related = begin < place ? YAMLError.Related(mark: begin, note: "begun here") : nil
    return YAMLError(.syntax, at: place, "\(problem) \(context)", related: related)
  }
}
