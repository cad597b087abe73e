import JSON

/// What the steps of a simulation do.
extension SimulatorSession {
  mutating func run(_ steps: [SimulationStep], _ now: Duration, _ output: inout [SimulatorAction]) {
    for step in steps where !isClosed && scope.satisfies(step.condition) {
      switch step.action {
      case .send(let template):
        scope["sequence"] = .int((scope["sequence"]?.intValue ?? -1) + 1)
        let text = scope.render(template)
        output.append(message(text))
        // A vendor that declares the formats of a session keeps to them.
        if descriptor.audio.format.serverMessage != nil, let message = try? JSONValue.parse(text) { _ = takeFormats(message, now, &output) }
      case .audio:
        if !audioBytes.isEmpty { output.append(.binary(audioBytes)) }
      case .close(let frame): close(frame, &output)
      case .say(let text): say(scope.render(text), now, &output)
      case .remember(let memories):
        for (name, memory) in memories.sorted(by: { $0.key < $1.key }) {
          switch memory {
          case .path(let path): scope.merge(path, into: name)
          case .value(let template): scope[name] = scope.renderJSON(template)
          }
        }
      case .run(.commit): commit(now, &output)
      case .run(.respond): respond(now, &output)
      case .run(.cancel): cancel(now, &output)
      case .run(.clear): forgetTurn()
      }
    }
  }

  /// The message as the vendor sends it.
  private func message(_ text: String) -> SimulatorAction {
    if descriptor.codec.server == .jsonAnyOpcode { return .binary(Array(text.utf8)) }
    guard let framing = descriptor.codec.server.framing, let json = try? JSONValue.parse(text) else { return .text(text) }
    switch framing.close(json, audio: descriptor.audio.serverChoices) {
    case .text(let text): return .text(text)
    case .binary(let bytes): return .binary(bytes)
    }
  }

  // MARK: - turns

  /// A new turn's id, unless it has one.
  mutating func beginItem() {
    guard !hasItem else { return }
    hasItem = true
    scope["item_id"] = .string(scope.freshID())
    scope["turn"] = .int(Int64(turn))
  }

  private mutating func commit(_ now: Duration, _ output: inout [SimulatorAction]) {
    // Somebody asked before the silence that would have told.
    let byRequest = ear.detector.speechStart != nil || speech == nil
    for event in ear.finish() {
      switch event {
      case .syllable(let start, let end): words.append(HeardWord(text: SimulatorWords.word(words.count), start: start, end: end))
      case .stopped(_, let end): speech?.end = end
      case .started: break
      }
    }
    let heard = ear.position - ear.turnStart
    // A tenth of a second is the least that a vendor takes for a turn.
    if words.isEmpty, heard * 10 < ear.rate, simulation.on[.nothingHeard] != nil { return run(.nothingHeard, now, &output) }
    beginItem()
    describeTurn()
    let margin = ear.rate / 10
    let stretch = speech.map { (max($0.start - margin, 0), $0.end + margin) } ?? (ear.turnStart, ear.position)
    let samples = ear.samples(from: stretch.0, to: stretch.1)
    let seconds = speech.map { ear.detector.seconds($0.end - $0.start) } ?? ear.detector.seconds(heard)
    pending = (samples, ear.rate, transcript, seconds)
    scope["by_request"] = .bool(byRequest)
    scope["by_itself"] = .bool(!byRequest)
    refreshScope()
    run(.committed, now, &output)
    scope["previous_item_id"] = scope["item_id"].flatMap(\.stringValue).map { .string("item_\($0)") } ?? .null
    turn += 1
    forgetTurn()
  }

  var transcript: String { words.map(\.text).joined(separator: " ") }

  /// Puts what is known of the turn where templates find it.
  mutating func describeTurn() {
    scope["transcript"] = .string(transcript)
    let stretch = speech.map { ($0.start, max($0.end, $0.start)) } ?? (ear.turnStart, ear.position)
    scope.set(seconds: (ear.detector.seconds(stretch.0), ear.detector.seconds(stretch.1)))
    if let template = simulation.word {
      var list: [JSONValue] = []
      for word in words {
        var inner = scope
        inner["word"] = .string(word.text)
        inner.set(seconds: (ear.detector.seconds(word.start), ear.detector.seconds(word.end)))
        list.append(inner.renderJSON(template))
      }
      scope["words"] = .array(list)
    }
    refreshScope()
  }

  mutating func refreshScope() {
    scope["seconds"] = SimulatorScope.number(ear.seconds)
    scope["whole_seconds"] = .int(Int64(ear.seconds.rounded()))
    scope["seconds_ms"] = .int(Int64((ear.seconds * 1000).rounded()))
    scope["audio_messages"] = .int(audioMessages)
    scope["channels"] = .int(Int64(ear.channels))
    scope["heard"] = .bool(speech != nil || !words.isEmpty)
    scope["pending"] = .bool(pending != nil)
    scope["speaking"] = .bool(reply != nil || !waiting.isEmpty)
  }

  // MARK: - answers

  /// Answers the last turn with its own sound.
  private mutating func respond(_ now: Duration, _ output: inout [SimulatorAction]) {
    guard let turn = pending, !turn.samples.isEmpty else { return say(scope.render(simulation.response.unheard), now, &output) }
    pending = nil
    scope["transcript"] = .string(turn.transcript)
    let samples = LinearResampler.convert(turn.samples, from: turn.rate, to: outputRate)
    answer(scope.render(simulation.response.text), samples, heardSeconds: turn.seconds, now, &output)
  }

  private mutating func say(_ text: String, _ now: Duration, _ output: inout [SimulatorAction]) {
    characters += text.count
    answer(text, SyntheticSpeech.samples(speaking: text, rate: outputRate), heardSeconds: 0, now, &output)
  }

  private mutating func answer(
    _ text: String, _ samples: [Int16], heardSeconds: Double, _ now: Duration, _ output: inout [SimulatorAction]
  ) {
    let next = SimulatorReply(
      id: scope.freshID(), text: text, samples: samples, rate: outputRate, heardSeconds: heardSeconds, response: simulation.response)
    // One answer at a time; some may wait.
    if reply == nil { begin(next, now, &output) } else if waiting.count < 64 { waiting.append(next) }
    refreshScope()
  }

  mutating func begin(_ next: SimulatorReply, _ now: Duration, _ output: inout [SimulatorAction]) {
    var next = next
    next.start(at: now, delay: simulation.response.delay)
    reply = next
    scope["response_id"] = .string(next.id)
    scope["reply_id"] = .string(scope.freshID())
    describe(next)
    run(.responseStarted, now, &output)
  }

  private mutating func cancel(_ now: Duration, _ output: inout [SimulatorAction]) {
    waiting = []
    guard let current = reply else { return }
    reply = nil
    refreshScope()
    describe(current, spokenOnly: true)
    run(.responseCancelled, now, &output)
  }

  mutating func describe(_ reply: SimulatorReply, spokenOnly: Bool = false) {
    let input = Int64((reply.heardSeconds * simulation.tokens.input).rounded())
    let output = Int64(((spokenOnly ? reply.spokenSeconds : reply.seconds) * simulation.tokens.output).rounded())
    scope["reply"] = .string(reply.text)
    let seconds = spokenOnly ? reply.spokenSeconds : reply.seconds
    scope["spoken"] = SimulatorScope.number(seconds)
    scope["spoken_ms"] = .int(Int64((seconds * 1000).rounded()))
    scope["characters"] = .int(Int64(reply.text.count))
    scope["total_characters"] = .int(Int64(characters))
    scope["input_tokens"] = .int(input)
    scope["output_tokens"] = .int(output)
    scope["tokens"] = .int(input + output)
  }
}
