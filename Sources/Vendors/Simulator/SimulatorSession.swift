import JSON

/// One session of a simulated vendor, from its 101 on. A value without sockets and clocks: messages and the time go in, what to send
/// comes out.
///
/// Everything it says is the descriptor's `simulation`; what it says about audio follows from the audio. The same audio cut into other
/// pieces brings the same transcript.
public struct SimulatorSession: Sendable {
  let descriptor: VendorDescriptor
  let simulation: Simulation
  var scope: SimulatorScope
  var ear: SimulatorEar
  private let closing: CloseFrame?
  private let misbehaviour: Misbehaviour?
  /// What was wrong with the handshake, for a vendor that says so afterwards.
  var late: (Simulation.Occasion, String)?
  /// For the credential that a first message brings.
  var credential: CredentialCheck?
  private var carriage: CarriageState
  private var openedAt = Duration.zero
  private var lastSign = Duration.zero
  private var hasHeardAudio = false
  private var hasFirstMessage = false
  private var messageCount = 0
  private var isExpired = false
  var audioMessages: Int64 = 0
  /// Of all texts that were to be spoken.
  var characters = 0
  /// Whether a close was sent or received: nothing is said after it.
  public internal(set) var isClosed = false
  private var inputFormat: AudioFormat?
  private var outputFormat: AudioFormat

  // The turn under way.
  var words: [HeardWord] = []
  var speech: (start: Int, end: Int)?
  var hasItem = false
  var turn = 0
  private var partialWords = 0
  /// The last turn, not yet answered.
  var pending: (samples: [Int16], rate: Int, transcript: String, seconds: Double)?
  var reply: SimulatorReply?
  var waiting: [SimulatorReply] = []

  init(descriptor: VendorDescriptor, query: Query, scope: SimulatorScope, closing: CloseFrame?, misbehaviour: Misbehaviour?) {
    self.descriptor = descriptor
    simulation = descriptor.simulation ?? Simulation()
    self.scope = scope
    self.closing = closing
    self.misbehaviour = misbehaviour
    let asked = query[SimulatorGrant.body].flatMap { try? JSONValue.parse($0) }
    func declared(_ direction: AudioDirection) -> AudioFormat? {
      if let asked, let format = try? descriptor.audio.declared(in: asked, direction) { return format }
      return (try? descriptor.audio.declared(in: query, direction)) ?? descriptor.audio.standard(direction)
    }
    inputFormat = declared(.input)
    outputFormat = declared(.output) ?? descriptor.conversation.sound ?? AudioFormat(encoding: .pcmS16LE, rate: 24_000)
    carriage = CarriageState(descriptor.audio.clientChoices)
    let settings = SpeechDetector.Settings(
      threshold: simulation.detector.threshold, silenceMilliseconds: Int(simulation.detector.silence / .milliseconds(1)))
    ear = SimulatorEar(format: inputFormat, settings: settings)
    self.scope["total_characters"] = .int(0)
    self.scope["spoken"] = .double(0)
    self.scope["spoken_ms"] = .int(0)
    for (name, template) in simulation.variables.sorted(by: { $0.key < $1.key }) { self.scope[name] = self.scope.renderJSON(template) }
    refreshScope()
  }

  /// The 101 is out.
  public mutating func opened(now: Duration) -> [SimulatorAction] {
    openedAt = now
    lastSign = now
    var output: [SimulatorAction] = []
    if let closing {
      close(closing, &output)
    } else if let (occasion, problem) = late {
      fail(occasion, problem, now, &output)
      close(CloseFrame(code: 1008, reason: "unauthorized"), &output)
    } else if misbehaviour != .stall(atMessage: 0) {
      run(.open, now, &output)
    }
    return output
  }

  /// A text message of the client.
  public mutating func receive(text: String, now: Duration) -> [SimulatorAction] {
    received(now) { session, output in session.take(text: text, now, &output) }
  }

  /// A binary message of the client.
  public mutating func receive(binary: [UInt8], now: Duration) -> [SimulatorAction] {
    received(now) { session, output in session.take(binary: binary, now, &output) }
  }

  /// A close frame of the client.
  public mutating func receiveClose(code: Int?, now: Duration) -> [SimulatorAction] {
    guard !isClosed else { return [] }
    isClosed = true
    return [.close(code: code ?? 1000, reason: "")]
  }

  /// Time has passed: pieces of an answer that are due, and clocks that ran out.
  public mutating func tick(now: Duration) -> [SimulatorAction] {
    var output: [SimulatorAction] = []
    guard !isClosed, !isStalled else { return output }
    speak(now, &output)
    if let idle, now - lastSign >= idle {
      close(descriptor.keepalive.idleClose ?? CloseFrame(code: 1011, reason: "idle"), &output)
    }
    if let longest = descriptor.limits.maxSession, !isExpired, now - openedAt >= longest {
      isExpired = true
      run(.expired, now, &output)
    }
    return output
  }

  /// When `tick` has something to do, if nothing comes before.
  public var nextTick: Duration? {
    guard !isClosed, !isStalled else { return nil }
    return [
      reply?.dueAt, idle.map { lastSign + $0 },
      isExpired ? nil : descriptor.limits.maxSession.map { openedAt + $0 },
    ].compactMap { $0 }.min()
  }

  /// After how long without a sign of the client's the vendor closes.
  private var idle: Duration? {
    if let name = descriptor.keepalive.idleQuery, let seconds = scope["query"]?[name]?.stringValue.flatMap({ Int($0) }), seconds > 0 {
      return .seconds(seconds)
    }
    return descriptor.keepalive.idleTimeout
  }

  private var isStalled: Bool {
    if case .stall(let at)? = misbehaviour { messageCount >= at } else { false }
  }

  private mutating func received(_ now: Duration, _ take: (inout SimulatorSession, inout [SimulatorAction]) -> Void) -> [SimulatorAction] {
    guard !isClosed else { return [] }
    var output = tick(now: now)
    guard !isClosed else { return output }
    messageCount += 1
    switch misbehaviour {
    case .close(let at, let code) where messageCount >= at:
      close(CloseFrame(code: code, reason: "closed, as it was told to"), &output)
      return output
    case .stall(let at) where messageCount >= at: return output
    case .garbage(let at) where messageCount >= at:
      output += [.text("{\"type\":"), .binary([0x00, 0xFF, 0x13, 0x37, 0x80])]
      return output
    default: break
    }
    take(&self, &output)
    if !isClosed { speak(now, &output) }
    return output
  }

  // MARK: - messages

  private mutating func take(text: String, _ now: Duration, _ output: inout [SimulatorAction]) {
    if let framing = descriptor.codec.client.framing { return take(Array(text.utf8), isText: true, framing, now, &output) }
    let message: JSONValue
    if descriptor.codec.client.hasJSONText {
      guard let parsed = try? JSONValue.parse(text), parsed.objectValue != nil else {
        let plain = JSONValue.object(["text": .string(text)])
        scope["message"] = plain
        // Some vendors want a plain word or an empty message among JSON.
        if isKeepalive(plain) { lastSign = now }
        if text == descriptor.close.message?.fixedText, let rule = rule(for: plain) { return run(rule.steps, now, &output) }
        scope["message"] = .object([:])
        return fail(.badMessage, "the message is not a JSON object", now, &output)
      }
      message = parsed
    } else {
      message = .object(["text": .string(text)])
    }
    take(message, now, &output)
  }

  private mutating func take(
    _ bytes: [UInt8], isText: Bool, _ framing: MessageFraming, _ now: Duration, _ output: inout [SimulatorAction]
  ) {
    do throws(FramingError) {
      take(try framing.open(bytes[...], isText: isText).json, now, &output)
    } catch {
      scope["message"] = .object([:])
      fail(.badMessage, "the message is \(error)", now, &output)
    }
  }

  private mutating func take(_ message: JSONValue, _ now: Duration, _ output: inout [SimulatorAction]) {
    scope["message"] = message
    // It may hold audio as well.
    if descriptor.lifecycle.firstMessage?.match?.matches(message) ?? false { hasFirstMessage = true }
    if isKeepalive(message) || descriptor.audio.client == nil, hasHeardAudio || !descriptor.keepalive.needsAudio { lastSign = now }
    carriage.note(message)
    if let check = credential, check.awaitsMessage {
      credential = nil
      if let problem = check.problem(in: message) {
        fail(.unauthorized, problem, now, &output)
        return close(CloseFrame(code: 1008, reason: "unauthorized"), &output)
      }
    }
    if let (way, path) = carriage.way(of: message) {
      guard isStarted(now, &output) else { return }
      if descriptor.audio.format.perMessage != nil { guard takeFormats(message, now, &output) else { return } }
      guard let audio = path.first(in: message)?.stringValue, let bytes = way.decode(audio) else {
        return fail(.undecodable, "'\(path.text)' is not base64", now, &output)
      }
      hear(bytes, now, &output)
      // It may ask for something beside.
      if !isClosed, let rule = rule(for: message) { run(rule.steps, now, &output) }
      return
    }
    if let first = descriptor.lifecycle.firstMessage?.match, !hasFirstMessage {
      hasFirstMessage = first.matches(message)
      if !hasFirstMessage, !isKeepalive(message) {
        return fail(.tooEarly, "expected first a message with \(first.summary)", now, &output)
      }
    }
    guard takeFormats(message, now, &output) else { return }
    guard let rule = rule(for: message) else {
      let name = descriptor.discriminator.lazy.compactMap { $0.name(of: message) }.first
      let problem = name.map { "'\($0.prefix(80))' is not a message type that is known" } ?? "the message has no type"
      return fail(.badMessage, problem, now, &output)
    }
    run(rule.steps, now, &output)
  }

  private func rule(for message: JSONValue) -> Simulation.MessageRule? {
    simulation.messages.first { $0.match?.matches(message) ?? false }
  }

  private mutating func take(binary: [UInt8], _ now: Duration, _ output: inout [SimulatorAction]) {
    if let framing = descriptor.codec.client.framing { return take(binary, isText: false, framing, now, &output) }
    if descriptor.codec.client == .jsonAnyOpcode { return take(text: String(decoding: binary, as: UTF8.self), now, &output) }
    guard carriage.takesBinary else {
      scope["message"] = .object([:])
      return fail(.badMessage, "binary messages are not taken", now, &output)
    }
    guard isStarted(now, &output) else { return }
    hear(binary, now, &output)
  }

  /// Audio before the message that has to come first.
  private mutating func isStarted(_ now: Duration, _ output: inout [SimulatorAction]) -> Bool {
    guard let first = descriptor.lifecycle.firstMessage?.match, !hasFirstMessage else { return true }
    fail(.tooEarly, "expected before audio a message with \(first.summary)", now, &output)
    return false
  }

  private func isKeepalive(_ message: JSONValue) -> Bool {
    guard case .json(.object(let wanted))? = descriptor.keepalive.message?.content else {
      return descriptor.keepalive.message?.fixedText.map { .string($0) == message["text"] } ?? false
    }
    return wanted.allSatisfy { message[$0.name].map { [value = $0.value] found in Self.fits(found, value) } ?? false }
  }

  /// Whether the value is what a template's makes; a place may hold anything.
  private static func fits(_ found: JSONValue, _ wanted: JSONValue) -> Bool {
    if let text = wanted.stringValue, !TextTemplate(text).variables.isEmpty { return true }
    guard let members = wanted.objectValue else { return found == wanted }
    return members.allSatisfy { member in found[member.name].map { fits($0, member.value) } ?? false }
  }

  /// Formats that the message declares; false where one of them is not taken.
  mutating func takeFormats(_ message: JSONValue, _ now: Duration, _ output: inout [SimulatorAction]) -> Bool {
    do throws(FormatProblem) {
      let input = try descriptor.audio.declared(in: message, .input)
      let spoken = try descriptor.audio.declared(in: message, .output)
      if let input, input != inputFormat {
        inputFormat = input
        ear.change(to: input)
        forgetTurn()
      }
      if let spoken { outputFormat = spoken }
      refreshScope()
      return true
    } catch {
      scope["param"] = .string(error.name)
      fail(.badFormat, error.description, now, &output)
      return false
    }
  }

  // MARK: - audio

  private mutating func hear(_ bytes: [UInt8], _ now: Duration, _ output: inout [SimulatorAction]) {
    lastSign = now
    audioMessages += 1
    if !bytes.isEmpty { hasHeardAudio = true }
    let samples: [Int16]
    do throws(SimulatorEar.Undecodable) {
      samples = try ear.samples(bytes, now: now)
    } catch {
      return fail(.undecodable, error.reason, now, &output)
    }
    // Partials come at fixed places of the stream, however it was cut.
    let step = simulation.partialEvery.map { max(Int($0 / .milliseconds(1)) * ear.rate / 1000, 1) } ?? Int.max
    var rest = samples[...]
    while !rest.isEmpty, !isClosed {
      let piece = rest.prefix(step == .max ? rest.count : step - ear.position % step)
      rest = rest.dropFirst(piece.count)
      for event in ear.hear(Array(piece)) { note(event, now, &output) }
      if step != .max, ear.position % step == 0 { partial(now, &output) }
    }
    refreshScope()
    run(.heard, now, &output)
  }

  private mutating func note(_ event: SpeechEvent, _ now: Duration, _ output: inout [SimulatorAction]) {
    switch event {
    case .started(let start):
      beginItem()
      speech = (min(speech?.start ?? start, start), start)
      scope.set(seconds: (ear.detector.seconds(start), ear.detector.seconds(start)))
      refreshScope()
      run(.speechStarted, now, &output)
    case .syllable(let start, let end):
      words.append(HeardWord(text: SimulatorWords.word(words.count), start: start, end: end))
    case .stopped(_, let end):
      speech?.end = end
      describeTurn()
      run(.speechStopped, now, &output)
    }
  }

  private mutating func partial(_ now: Duration, _ output: inout [SimulatorAction]) {
    guard ear.detector.speechStart != nil, words.count > partialWords else { return }
    partialWords = words.count
    speech?.end = words.last?.end ?? 0
    describeTurn()
    run(.partial, now, &output)
  }

  mutating func forgetTurn() {
    words = []
    speech = nil
    partialWords = 0
    hasItem = false
    ear.forget()
    refreshScope()
  }

  // MARK: - speaking

  /// Sends what is due of the answer under way, and begins the next one.
  private mutating func speak(_ now: Duration, _ output: inout [SimulatorAction]) {
    while !isClosed, let current = reply, current.dueAt <= now {
      var current = current
      let (samples, delta) = current.next()
      reply = current
      scope["delta"] = .string(delta)
      if !delta.isEmpty { run(.responseText, now, &output) }
      if !samples.isEmpty {
        // Packet codecs are not encoded here: PCM16 stands in for them.
        audioBytes =
          AudioEncoder.encode(samples, as: outputFormat.encoding, channels: outputFormat.channels)
          ?? AudioEncoder.encode(samples, as: .pcmS16LE) ?? []
        scope["audio"] = .string(Base64.encode(audioBytes))
        run(.responseAudio, now, &output)
        audioBytes = []
      }
      if current.isFinished {
        describe(current)
        scope["speaking"] = .bool(!waiting.isEmpty)
        run(.responseFinished, now, &output)
        reply = nil
        if !waiting.isEmpty { begin(waiting.removeFirst(), now, &output) }
        refreshScope()
      }
    }
  }

  /// The current piece of the answer, while its steps run.
  var audioBytes: [UInt8] = []

  var outputRate: Int { outputFormat.rate > 0 ? outputFormat.rate : 24_000 }

  // MARK: - steps

  mutating func fail(_ occasion: Simulation.Occasion, _ error: String, _ now: Duration, _ output: inout [SimulatorAction]) {
    scope["error"] = .string(error)
    run(occasion, now, &output)
  }

  mutating func run(_ occasion: Simulation.Occasion, _ now: Duration, _ output: inout [SimulatorAction]) {
    run(simulation.on[occasion] ?? [], now, &output)
  }

  mutating func close(_ frame: CloseFrame, _ output: inout [SimulatorAction]) {
    guard !isClosed else { return }
    isClosed = true
    reply = nil
    output.append(.close(code: frame.code, reason: frame.reason))
  }
}
