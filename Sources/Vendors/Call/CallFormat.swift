/// A format for one direction of a call, and how it is declared to the vendor.
struct CallFormat: Sendable, Equatable {
  var format: AudioFormat
  /// What the vendor's places have to say; nil where nothing has to be declared.
  var declaration: FormatRules.Fixed?

  /// The input format that needs the least change of a recording: what the query asks for, else what the vendor takes as it is, else
  /// PCM16, else the next best. A caller speaks on one channel.
  static func input(
    for recording: AudioFormat, query: Query, _ vendor: VendorDescriptor
  ) throws(CallProblem) -> CallFormat {
    let audio = vendor.audio
    let declared: AudioFormat?
    do throws(FormatProblem) {
      declared = try audio.declared(in: query, .input)
    } catch {
      throw .format(error)
    }
    if let declared {
      guard declared.encoding.isRaw else { throw .cannotEncode(declared) }
      return CallFormat(format: declared)
    }
    var wanted = recording
    if let name = audio.format.query?.input?.rate, let rate = query[name].flatMap({ Int($0) }) { wanted.rate = rate }
    guard let places = audio.places(.input) else {
      // Undeclared audio without a default says itself what it is: a WAV stream.
      guard let standard = audio.standard(.input), standard.encoding != .container else {
        return CallFormat(format: AudioFormat(encoding: .container, rate: recording.rate))
      }
      guard standard.encoding.isRaw else { throw .cannotEncode(standard) }
      return CallFormat(format: standard)
    }
    if let chosen = best(of: candidates(audio, places, .input), for: wanted) { return chosen }
    throw .noFormat(vendor: vendor.name, formats: audio.allowed.input.keys.sorted())
  }

  /// The format of returned audio: what the query asks for, else the vendor's own default, if it is raw, else PCM16, else the next best.
  /// Nil where the vendor returns none, or none that is known beforehand.
  static func output(query: Query, _ vendor: VendorDescriptor) -> CallFormat? {
    let audio = vendor.audio
    guard audio.server != nil else { return nil }
    if let declared = try? audio.declared(in: query, .output) { return CallFormat(format: declared) }
    let standard = audio.standard(.output) ?? vendor.conversation.sound
    guard let places = audio.places(.output) else { return standard.map { CallFormat(format: $0) } }
    let wanted = standard.flatMap { $0.encoding.isRaw ? $0 : nil } ?? AudioFormat(encoding: .pcmS16LE, rate: 24_000)
    return best(of: candidates(audio, places, .output), for: wanted) ?? standard.map { CallFormat(format: $0) }
  }

  /// One format that the vendor has, at any of some rates.
  private struct Candidate {
    var name: String
    var allowed: AllowedFormats.Format
    /// The rates to choose from; nil for any.
    var rates: [Int]?
    /// The declaration says nothing of the rate.
    var hidesRate = false
  }

  private static func candidates(_ audio: AudioRules, _ places: FormatRules.Places, _ direction: AudioDirection) -> [Candidate] {
    let table = direction == .input ? audio.allowed.input : audio.allowed.output
    let standard = direction == .input ? audio.format.defaults.input : audio.format.defaults.output
    if let directions = audio.declaring, !directions.composite.isEmpty || !directions.patterns.isEmpty {
      return composites(directions, table, standard)
    }
    return table.sorted { $0.key < $1.key }.compactMap { name, allowed in
      // Where only the rate can be said, the encoding is the default's; where only the encoding can, the rate is.
      if places.encoding == nil, name != standard?.encoding { return nil }
      if allowed.codec == .container { return Candidate(name: name, allowed: allowed, hidesRate: true) }
      guard places.rate == nil else { return Candidate(name: name, allowed: allowed, rates: allowed.rates) }
      let rates = allowed.rates.map { Array($0.prefix(1)) } ?? standard?.rate.map { [$0] }
      return rates.map { Candidate(name: name, allowed: allowed, rates: $0, hidesRate: true) }
    }
  }

  /// Values that say everything at once.
  private static func composites(
    _ directions: FormatRules.Directions, _ table: [String: AllowedFormats.Format], _ standard: FormatRules.Fixed?
  ) -> [Candidate] {
    var candidates = directions.composite.sorted { $0.key < $1.key }.compactMap { name, fixed -> Candidate? in
      guard let encoding = fixed.encoding, let rate = fixed.rate else { return nil }
      guard let allowed = table[encoding] ?? AudioEncoding(rawValue: encoding).map(AllowedFormats.Format.init(codec:)) else { return nil }
      return Candidate(name: name, allowed: allowed, rates: [rate], hidesRate: true)
    }
    for (name, allowed) in table.sorted(by: { $0.key < $1.key }) where !directions.patterns.isEmpty {
      for rate in allowed.rates ?? standard?.rate.map({ [$0] }) ?? [16_000] {
        var fixed = FormatRules.Fixed()
        fixed.encoding = name
        fixed.rate = rate
        guard let value = directions.value(fixed) else { continue }
        candidates.append(Candidate(name: value, allowed: allowed, rates: [rate], hidesRate: true))
      }
    }
    return candidates
  }

  private static func best(of candidates: [Candidate], for wanted: AudioFormat) -> CallFormat? {
    let raw = candidates.filter { $0.allowed.codec.isRaw }
    // Where nothing raw is taken, a WAV stream may be.
    if raw.isEmpty, let file = candidates.first(where: { $0.allowed.codec == .container }) {
      var fixed = FormatRules.Fixed()
      fixed.encoding = file.name
      return CallFormat(format: AudioFormat(encoding: .container, rate: wanted.rate), declaration: fixed)
    }
    let ranked = raw.map { candidate -> (cost: Int, format: CallFormat) in
      let rate = nearest(to: wanted.rate, among: candidate.rates)
      var fixed = FormatRules.Fixed()
      fixed.encoding = candidate.name
      // G.711 is 8 kHz by its definition, and some vendors refuse to be told so.
      let isTelephone = candidate.allowed.codec == .mulaw || candidate.allowed.codec == .alaw
      if !candidate.hidesRate, !(isTelephone && candidate.allowed.rates == [8000]) { fixed.rate = rate }
      fixed.channels = candidate.allowed.channels.flatMap { $0.contains(1) ? nil : $0.first } ?? 1
      let format = AudioFormat(encoding: candidate.allowed.codec, rate: rate, channels: fixed.channels ?? 1)
      let codecCost = format.encoding == wanted.encoding ? 0 : format.encoding == .pcmS16LE ? 1 : (format.bytesPerFrame ?? 0) > 1 ? 2 : 4
      // A lower rate loses more than a higher one, or another encoding of the same samples.
      return (codecCost + (rate == wanted.rate ? 0 : rate > wanted.rate ? 2 : 6), CallFormat(format: format, declaration: fixed))
    }
    return ranked.min { $0.cost < $1.cost }?.format
  }

  /// The rate itself, else the next higher one, else the highest.
  private static func nearest(to rate: Int, among rates: [Int]?) -> Int {
    guard let rates, !rates.contains(rate) else { return rate }
    return rates.filter { $0 > rate }.min() ?? rates.max() ?? rate
  }
}

extension AudioRules {
  /// Whether one declaration is for both directions.
  var isShared: Bool { declaring?.input != nil && declaring?.input == declaring?.output }

  /// Where a client declares formats.
  var declaring: FormatRules.Directions? { format.query ?? format.message ?? format.perMessage }

  /// Where a client of the vendor declares a direction's format; nil where it can't.
  func places(_ direction: AudioDirection) -> FormatRules.Places? {
    let directions = declaring
    let places = direction == .input ? directions?.input : directions?.output
    return places?.encoding == nil && places?.rate == nil ? nil : places
  }
}
