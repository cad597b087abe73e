import JSON

extension AudioRules {
  /// The format that a query declares. Nil where it declares none: then the defaults hold, or the audio is a container.
  /// - Throws: `FormatProblem` where an encoding, rate or channel count is not among those allowed or said twice, or a raw encoding lacks
  ///   its rate.
  public func declared(in query: Query, _ direction: AudioDirection) throws(FormatProblem) -> AudioFormat? {
    guard let directions = format.query, let places = direction == .input ? directions.input : directions.output else { return nil }
    if let name = places.repeated(in: query) { throw FormatProblem(name: name, found: "given more than once", expected: "one value") }
    var fixed = places.encoding.flatMap { query[$0] }.map { directions.fixed($0) } ?? FormatRules.Fixed()
    if fixed.rate == nil { fixed.rate = try number(places.rate.flatMap { name in query[name].map { (name, $0) } }) }
    if fixed.channels == nil { fixed.channels = try number(places.channels.flatMap { name in query[name].map { (name, $0) } }) }
    if fixed.encoding == nil {
      // Only the rate can be said, or only it was: the encoding is the default's.
      guard fixed.rate != nil, let encoding = format.defaults(direction)?.encoding else { return nil }
      fixed.encoding = encoding
    } else if fixed.rate == nil, let standard = format.defaults(direction), standard.encoding == fixed.encoding {
      fixed.rate = standard.rate
    }
    return try resolve(fixed, places, direction)
  }

  /// The format that a message declares; nil where it declares none.
  public func declared(in message: JSONValue, _ direction: AudioDirection) throws(FormatProblem) -> AudioFormat? {
    for directions in [format.message, format.serverMessage, format.initBody].compactMap({ $0 }) + format.perMessageForms {
      guard directions.match?.matches(message) ?? true, let places = direction == .input ? directions.input : directions.output
      else { continue }
      if let declared = try declared(in: message, directions, places, direction) { return declared }
    }
    return nil
  }

  private func declared(
    in message: JSONValue, _ directions: FormatRules.Directions, _ places: FormatRules.Places, _ direction: AudioDirection
  ) throws(FormatProblem) -> AudioFormat? {
    func value(_ path: String?) -> JSONValue? { path.flatMap { JSONPath($0) }?.first(in: message) }
    var fixed = value(places.encoding)?.stringValue.map { directions.fixed($0) } ?? FormatRules.Fixed()
    fixed.rate = fixed.rate ?? value(places.rate).flatMap { $0.intValue.map { Int($0) } ?? $0.stringValue.flatMap(Self.rate) }
    fixed.channels = fixed.channels ?? value(places.channels)?.intValue.map { Int($0) }
    if fixed.encoding == nil, fixed.rate == nil { return nil }
    let defaults = format.defaults(direction)
    // A message may name the rate alone, or the encoding alone where that has only one rate.
    if fixed.encoding == nil { fixed.encoding = defaults?.encoding }
    if fixed.rate == nil, defaults?.encoding == fixed.encoding { fixed.rate = defaults?.rate }
    return try resolve(fixed, places, direction)
  }

  /// The format that holds where none is declared; nil where undeclared audio is a container.
  public func standard(_ direction: AudioDirection) -> AudioFormat? {
    guard let fixed = format.defaults(direction) else { return nil }
    return try? resolve(fixed, FormatRules.Places(), direction)
  }

  private func resolve(
    _ fixed: FormatRules.Fixed, _ places: FormatRules.Places, _ direction: AudioDirection
  ) throws(FormatProblem) -> AudioFormat {
    let table = direction == .input ? allowed.input : allowed.output
    let name = fixed.encoding ?? ""
    let entry: AllowedFormats.Format
    if let known = table[name] {
      entry = known
    } else if table.isEmpty, let codec = AudioEncoding(rawValue: name) {
      entry = AllowedFormats.Format(codec: codec)
    } else {
      let known = table.keys.sorted().joined(separator: ", ")
      throw FormatProblem(name: places.encoding ?? "encoding", found: "'\(name.prefix(60))'", expected: "one of \(known)")
    }
    let rate: Int
    if let given = fixed.rate {
      if let rates = entry.rates, !rates.contains(given) {
        let known = rates.map(String.init).joined(separator: ", ")
        throw FormatProblem(name: places.rate ?? "rate", found: "\(given)", expected: "\(known) for \(name)")
      }
      let bounds = (entry.minRate ?? 1)...(entry.maxRate ?? 768_000)
      guard bounds.contains(given) else {
        let known = entry.minRate == nil && entry.maxRate == nil ? "a sample rate in Hz" : "\(bounds.lowerBound) to \(bounds.upperBound)"
        throw FormatProblem(name: places.rate ?? "rate", found: "\(given)", expected: known)
      }
      rate = given
    } else if let usual = entry.defaultRate ?? (entry.rates?.count == 1 ? entry.rates?.first : nil) {
      rate = usual
    } else if entry.codec.isRaw {
      throw FormatProblem(name: places.rate ?? "rate", found: "missing", expected: "a sample rate, as \(name) is raw audio")
    } else {
      rate = 0
    }
    let channels = fixed.channels ?? 1
    guard entry.channels?.contains(channels) ?? (1...64).contains(channels) else {
      let known = entry.channels?.map(String.init).joined(separator: ", ") ?? "1 to 64"
      throw FormatProblem(name: places.channels ?? "channels", found: "\(channels)", expected: known)
    }
    return AudioFormat(encoding: entry.codec, rate: rate, channels: channels)
  }

  /// The `rate` of a media type, such as `audio/L16;rate=16000` (RFC 4856 section 2.1).
  private static func rate(in mediaType: String) -> Int? {
    mediaType.firstRange(of: "rate=").flatMap { Int(mediaType[$0.upperBound...].prefix { $0.isNumber }) }
  }

  private func number(_ pair: (name: String, text: String)?) throws(FormatProblem) -> Int? {
    guard let pair else { return nil }
    guard let value = Int(pair.text) else {
      throw FormatProblem(name: pair.name, found: "'\(pair.text.prefix(60))'", expected: "a whole number")
    }
    return value
  }
}

extension FormatRules.Places {
  /// A parameter that is given more than once: which of its values a vendor takes is not to be guessed.
  fileprivate func repeated(in query: Query) -> String? {
    [encoding, rate, channels, container].compactMap { $0 }.first { query.values($0).count > 1 }
  }
}

extension FormatRules {
  /// A query parameter of a format that is given more than once; nil where none is.
  func repeated(in query: Query) -> String? {
    [self.query?.input, self.query?.output].lazy.compactMap { $0?.repeated(in: query) }.first
  }

  func defaults(_ direction: AudioDirection) -> Fixed? { direction == .input ? defaults.input : defaults.output }
}

extension FormatRules.Directions {
  /// Bytes of the longest value that says a format.
  private static var mostBytes: Int { 64 }

  /// What a value at the place of the encoding says.
  func fixed(_ value: String) -> FormatRules.Fixed {
    if let known = composite[value] { return known }
    var fixed = FormatRules.Fixed()
    fixed.encoding = value
    guard value.utf8.count <= Self.mostBytes else { return fixed }
    // Media types may have blanks between their parts.
    let text = value.replacing(" ", with: "")
    for pattern in patterns {
      let parts = pattern.values(in: text) { name, part in name == "encoding" || Int(part).map { $0 > 0 } ?? false }
      guard let parts else { continue }
      fixed.encoding = parts["encoding"]
      fixed.rate = parts["rate"].flatMap { Int($0) }
      fixed.channels = parts["channels"].flatMap { Int($0) }
      break
    }
    return fixed
  }

  /// The value that says a format, as it stands at the place of the encoding; nil where the parts are said one by one.
  func value(_ fixed: FormatRules.Fixed) -> String? {
    if let known = composite.first(where: { $0.value.encoding == fixed.encoding && $0.value.rate == fixed.rate }) { return known.key }
    let parts = ["encoding": fixed.encoding, "rate": fixed.rate.map(String.init), "channels": fixed.channels.map(String.init)]
    let pattern = patterns.first { $0.variables.allSatisfy { parts[$0].flatMap { $0 } != nil } }
    return pattern?.expanded { parts[$0].flatMap { $0 } }
  }
}

extension AllowedFormats.Format {
  init(codec: AudioEncoding) {
    self.init()
    self.codec = codec
  }
}
