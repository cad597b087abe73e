import JSON

extension AudioRules {
  /// The format that a query declares. Nil where it declares none: then the defaults hold, or the audio is a container.
  /// - Throws: `FormatProblem` where an encoding, rate or channel count is not among those allowed, or a raw encoding lacks its rate.
  public func declared(in query: Query, _ direction: AudioDirection) throws(FormatProblem) -> AudioFormat? {
    guard let directions = format.query, let places = direction == .input ? directions.input : directions.output else { return nil }
    if let composite = places.encoding.flatMap({ query[$0] }).flatMap({ directions.composite[$0] }) {
      return try resolve(composite, places, direction)
    }
    var fixed = FormatRules.Fixed()
    fixed.encoding = places.encoding.flatMap { query[$0] }
    fixed.rate = try number(places.rate.flatMap { name in query[name].map { (name, $0) } })
    fixed.channels = try number(places.channels.flatMap { name in query[name].map { (name, $0) } })
    if fixed.encoding == nil { return nil }
    return try resolve(fixed, places, direction)
  }

  /// The format that a message declares; nil where it declares none.
  public func declared(in message: JSONValue, _ direction: AudioDirection) throws(FormatProblem) -> AudioFormat? {
    guard let directions = format.message ?? format.serverMessage, directions.match?.matches(message) ?? true,
      let places = direction == .input ? directions.input : directions.output
    else { return nil }
    func value(_ path: String?) -> JSONValue? { path.flatMap { JSONPath($0) }?.first(in: message) }
    var fixed = FormatRules.Fixed()
    fixed.encoding = value(places.encoding)?.stringValue
    fixed.rate = value(places.rate)?.intValue.map { Int($0) }
    fixed.channels = value(places.channels)?.intValue.map { Int($0) }
    if fixed.encoding == nil, fixed.rate == nil { return nil }
    let defaults = direction == .input ? format.defaults.input : format.defaults.output
    // A message may name the rate alone, or the encoding alone where that has only one rate.
    if fixed.encoding == nil { fixed.encoding = defaults?.encoding }
    if fixed.rate == nil, defaults?.encoding == fixed.encoding { fixed.rate = defaults?.rate }
    return try resolve(fixed, places, direction)
  }

  /// The format that holds where none is declared; nil where undeclared audio is a container.
  public func standard(_ direction: AudioDirection) -> AudioFormat? {
    guard let fixed = direction == .input ? format.defaults.input : format.defaults.output else { return nil }
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
      guard (1...768_000).contains(given) else {
        throw FormatProblem(name: places.rate ?? "rate", found: "\(given)", expected: "a sample rate in Hz")
      }
      rate = given
    } else if let rates = entry.rates, rates.count == 1 {
      rate = rates[0]
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

  private func number(_ pair: (name: String, text: String)?) throws(FormatProblem) -> Int? {
    guard let pair else { return nil }
    guard let value = Int(pair.text) else {
      throw FormatProblem(name: pair.name, found: "'\(pair.text.prefix(60))'", expected: "a whole number")
    }
    return value
  }
}

extension AllowedFormats.Format {
  init(codec: AudioEncoding) {
    self.init()
    self.codec = codec
  }
}
