import JSON

/// One call to a vendor with a recording, from the upgrade's 101 on. A value without sockets and clocks: messages and the time go in, what
/// to send and what to show comes out.
///
/// Everything it does follows from the vendor's descriptor: it declares the format, says the opening messages, waits for readiness, sends
/// the recording at the pace of speech, then silence until the vendor has ended the turn, then the closing message. Times are since the
/// call's start, that is, since whoever owns the script began to connect.
public struct CallScript: Sendable {
  public struct Settings: Sendable, Equatable {
    /// Audio of one message, as far as the vendor's limits let it be.
    public var chunk = Duration.milliseconds(100)
    /// How many times faster than real time audio is sent.
    public var speed = 1.0
    /// How long readiness and an answer may take: without a message from the vendor, and in all.
    public var patience = Duration.seconds(15)
    public var longestAnswer = Duration.seconds(120)
    /// How long a turn's end may take where the closing message brings out what is left anyway.
    public var shortPatience = Duration.seconds(3)
    /// Silence that makes a vendor notice, where keepalives can take its place then.
    public var silence = Duration.seconds(3)
    /// For stragglers after a turn's end, where the closing message brings them out.
    public var settle = Duration.milliseconds(700)
    /// For stragglers where nothing brings them out: after a turn's end, and after the recording where no end of a turn is told.
    public var quiet = Duration.milliseconds(1500)

    public init() {}
  }

  enum Phase: Sendable, Equatable {
    case connecting
    /// Waits for this one of the ready messages.
    case preparing(stage: Int, since: Duration)
    /// Sends, piece by piece, first the recording, then silence.
    case sending(since: Duration)
    /// The closing message is out.
    case draining(since: Duration)
    /// The vendor has said its last, and closes itself.
    case expectingClose(since: Duration)
    /// The close frame is ours to send; the words say what went wrong.
    case leaving(failure: String?)
    case ended(CallOutcome)
  }

  /// Parameters that the URL needs beyond its own.
  public var query: [QueryRules.Pair] { opening.query }
  /// What is sent.
  public var inputFormat: AudioFormat { audio.format }
  /// What returned audio is; nil where that is not known, or not yet.
  public var outputFormat: AudioFormat? { ear.outputFormat }
  public var figures: CallFigures { stopwatch.figures }
  /// Seconds of the recording: sent so far, and in all.
  public var progress: (sent: Double, total: Double) { (audio.secondsTaken, audio.seconds) }

  let vendor: VendorDescriptor
  let settings: Settings
  let opening: CallOpening
  var audio: CallAudio
  var ear: CallEar
  var stopwatch: CallStopwatch
  private let recording: WAVFile
  private var memory: SessionMemory
  var phase = Phase.connecting
  /// Pieces sent, those of silence included.
  private var pieces = 0
  /// When the recording was sent to its end, and when a turn ended after its last word.
  private var sentAllAt: Duration?
  private var turnEndedAt: Duration?
  private var lastHeardAt = Duration.zero
  private var lastSignAt = Duration.zero
  private var lastKeepaliveAt = Duration.zero

  /// - Parameters:
  ///   - query: of the URL that will be opened; a format that it declares is the one that is sent.
  public init(
    _ vendor: VendorDescriptor, _ recording: WAVFile, query: Query = Query(), settings: Settings = Settings()
  ) throws(CallProblem) {
    guard vendor.audio.client != nil else { throw .takesNoAudio(vendor: vendor.name) }
    if vendor.codec.client == .protobuf { throw .codec(vendor: vendor.name, codec: vendor.codec.client.rawValue) }
    let input = try CallFormat.input(for: recording.format, query: query, vendor)
    let output = vendor.audio.isShared ? CallFormat(format: input.format) : CallFormat.output(query: query, vendor)
    self.vendor = vendor
    self.settings = settings
    opening = CallOpening(vendor, input: input, output: output, query: query)
    audio = try CallAudio(recording, as: input.format, chunk: settings.chunk, limits: vendor.audio.limits)
    ear = CallEar(vendor, outputFormat: output?.format)
    stopwatch = CallStopwatch(speech: audio.speech)
    self.recording = recording
    memory = SessionMemory(vendor)
  }

  /// How it ended; nil while it goes on.
  public var outcome: CallOutcome? { if case .ended(let outcome) = phase { outcome } else { nil } }

  // MARK: - what happens

  /// The 101 has come.
  public mutating func opened(now: Duration) -> [CallAction] {
    lastHeardAt = now
    lastSignAt = now
    lastKeepaliveAt = now
    phase = .preparing(stage: 0, since: now)
    var output = opening.messages.map { CallAction.text($0) }
    for message in opening.messages { remember(message, of: .client) }
    advance(nil, now, &output)
    return framed(output) + tick(now: now)
  }

  public mutating func receive(text: String, now: Duration) -> [CallAction] {
    let heard = ear.hear(text)
    return take(heard.message, heard.events, now)
  }

  public mutating func receive(binary: [UInt8], now: Duration) -> [CallAction] {
    let heard = ear.hear(binary)
    return take(heard.message, heard.events, now)
  }

  /// The socket is closed.
  ///
  /// - Parameter frame: the vendor's close frame, code 1005 where it held none; nil where the connection was lost without one.
  public mutating func closed(_ frame: CloseFrame?, now: Duration) {
    let outcome: CallOutcome
    switch phase {
    case .ended: return
    case .leaving(let failure): outcome = failure.map { .failed($0) } ?? .completed
    case .expectingClose, .draining:
      let isExpected = frame.map { [1000, 1005, vendor.close.code ?? 1000].contains($0.code) } ?? false
      outcome = isExpected ? .completed : .failed(CallClose.words(frame, vendor.errors))
    case .connecting, .preparing: outcome = .failed("\(CallClose.words(frame, vendor.errors)), before it was ready")
    case .sending:
      let place = sentAllAt == nil ? "before all audio was sent" : "before the turn's end"
      outcome = .failed("\(CallClose.words(frame, vendor.errors)), \(place)")
    }
    phase = .ended(outcome)
  }

  /// Time has passed: audio that is due, keepalives, and clocks that ran out.
  public mutating func tick(now: Duration) -> [CallAction] {
    framed(due(now: now))
  }

  private mutating func due(now: Duration) -> [CallAction] {
    var output: [CallAction] = []
    switch phase {
    case .connecting, .leaving, .ended: return []
    case .preparing(let stage, let since):
      keepAlive(now, &output)
      if now - since >= settings.patience {
        output.append(.note(.late(awaited: awaitedStage(stage), after: settings.patience)))
        leave(failure: "the vendor was not ready", &output)
      }
    case .sending:
      sendAudio(now, &output)
      keepAlive(now, &output)
      endTurn(now, &output)
    case .draining(let since):
      let limit = vendor.close.drain ?? settings.patience
      if now - since >= limit {
        output.append(.note(.late(awaited: vendor.close.await?.summary ?? "a close frame", after: limit)))
        leave(failure: "the vendor did not answer the closing message", &output)
      }
    case .expectingClose(let since): if now - since >= settings.quiet { leave(&output) }
    }
    return output
  }

  /// When `tick` has something to do, if nothing comes before.
  public var nextTick: Duration? {
    let clock: Duration?
    switch phase {
    case .connecting, .leaving, .ended: return nil
    case .preparing(_, let since): clock = since + settings.patience
    case .sending: clock = [nextPieceAt, turnDeadline?.at].compactMap { $0 }.min()
    case .draining(let since): clock = since + (vendor.close.drain ?? settings.patience)
    case .expectingClose(let since): clock = since + settings.quiet
    }
    return [clock, nextKeepaliveAt].compactMap { $0 }.min()
  }

  private mutating func take(_ message: JSONValue?, _ events: [CallEvent], _ now: Duration) -> [CallAction] {
    if case .ended = phase { return [] }
    var output = events.map { CallAction.note($0) }
    lastHeardAt = now
    var fatal: String?
    for event in events {
      switch event {
      case .transcript(let transcript): stopwatch.heard(transcript, now: now)
      case .audio: stopwatch.heardAudio(now: now)
      case .turnEnded: if stopwatch.hasSentAllSpeech { turnEndedAt = now }
      case .failure(let code, let text, true): fatal = code.map { "\(text) (\($0))" } ?? text
      default: break
      }
    }
    if case .leaving = phase { return output }
    if let fatal {
      leave(failure: "the vendor reports: \(fatal)", &output)
      return output
    }
    if let message {
      memory.note(message, of: .vendor)
      if let problem = adopt(message) {
        leave(failure: problem.description, &output)
        return output
      }
      for reply in vendor.keepalive.replies where reply.match?.matches(message) ?? false {
        if let send = reply.send { output += framed([.text(send.rendered { Self.value($0, in: message) })]) }
      }
      advance(message, now, &output)
      if case .draining = phase, vendor.close.await?.matches(message) ?? false {
        if vendor.close.code == nil { leave(&output) } else { phase = .expectingClose(since: now) }
      }
    }
    return output + tick(now: now)
  }

  /// Messages as the vendor's framing has them.
  private func framed(_ actions: [CallAction]) -> [CallAction] {
    actions.map { action in
      guard case .text(let text) = action else { return action }
      switch vendor.framed(text) {
      case .text(let text): return .text(text)
      case .binary(let bytes): return .binary(bytes)
      }
    }
  }

  private static func value(_ name: String, in message: JSONValue) -> JSONValue? {
    guard name.hasPrefix("message."), let path = JSONPath(String(name.dropFirst("message.".count))) else { return nil }
    return path.first(in: message)
  }

  private mutating func remember(_ text: String, of side: MemoryRule.Side) {
    if !memory.isEmpty, let message = try? JSONValue.parse(text) { memory.note(message, of: side) }
  }

  /// A vendor that says itself what it takes has its way, before anything is sent.
  private mutating func adopt(_ message: JSONValue) -> CallProblem? {
    guard vendor.audio.format.serverMessage?.input != nil, pieces == 0 else { return nil }
    do throws(FormatProblem) {
      guard let format = try vendor.audio.declared(in: message, .input), format != audio.format else { return nil }
      do throws(CallProblem) {
        audio = try CallAudio(recording, as: format, chunk: settings.chunk, limits: vendor.audio.limits)
      } catch {
        return error
      }
    } catch {
      return .format(error)
    }
    return nil
  }

  // MARK: - readiness

  /// Goes on to the next stage where the message is the one that is waited for.
  private mutating func advance(_ message: JSONValue?, _ now: Duration, _ output: inout [CallAction]) {
    guard case .preparing(var stage, let since) = phase else { return }
    if case .stages(let stages) = vendor.lifecycle.ready {
      if let message, stages[stage].matches(message) { stage += 1 }
      guard stage == stages.count else {
        phase = .preparing(stage: stage, since: since)
        return
      }
    }
    phase = .sending(since: now)
    stopwatch.ready(now: now)
    output += [.note(.ready), .note(.sending(audio.format, seconds: audio.seconds))]
  }

  private func awaitedStage(_ stage: Int) -> String {
    if case .stages(let stages) = vendor.lifecycle.ready { stages[stage].summary } else { "readiness" }
  }

  // MARK: - audio

  private var interval: Duration { .seconds(audio.chunkSeconds / max(settings.speed, 0.01)) }

  /// Nil where no more is sent.
  private var nextPieceAt: Duration? {
    guard case .sending(let since) = phase else { return nil }
    let due = since + interval * pieces
    if let sentAllAt, vendor.keepalive.message != nil, due > sentAllAt + settings.silence { return nil }
    if let sentAllAt, !expectsTurnEnd {
      // Without an end of the turn to wait for, silence tells nobody anything, unless there may be an answer.
      if !mayAnswer || due > sentAllAt + settings.silence { return nil }
    }
    return due
  }

  private mutating func sendAudio(_ now: Duration, _ output: inout [CallAction]) {
    while let due = nextPieceAt, due <= now {
      let message = opening.message(audio.next())
      switch message {
      case .text(let text): remember(text, of: .client)
      case .binary: memory.noteBinary()
      default: break
      }
      output.append(message)
      pieces += 1
      lastSignAt = now
      stopwatch.sent(upTo: audio.secondsTaken, now: now)
      if audio.isFinished, sentAllAt == nil {
        sentAllAt = now
        output.append(.note(.sent))
      }
    }
  }

  private var nextKeepaliveAt: Duration? {
    let rules = vendor.keepalive
    guard let every = rules.every, rules.message != nil else { return nil }
    switch phase {
    case .preparing: if rules.needsAudio { return nil }
    case .sending: if rules.onlyWhenIdle, nextPieceAt != nil { return nil }
    default: return nil
    }
    return (rules.onlyWhenIdle ? max(lastSignAt, lastKeepaliveAt) : lastKeepaliveAt) + every
  }

  private mutating func keepAlive(_ now: Duration, _ output: inout [CallAction]) {
    guard let due = nextKeepaliveAt, due <= now, let message = vendor.keepalive.message else { return }
    lastKeepaliveAt = now
    if let text = memory.text(of: message) { output.append(.text(text)) }
  }

  // MARK: - the end

  /// Whether the vendor marks the end of turns and has heard something to end.
  private var expectsTurnEnd: Bool { !vendor.conversation.turnEnd.isEmpty && audio.hasSpeech }

  /// Whether the vendor may speak without telling when it has done so.
  private var mayAnswer: Bool {
    // A server that says nothing but sounds is an echo, or waits for nothing.
    vendor.conversation.turnEnd.isEmpty && vendor.audio.server != nil && vendor.codec.server.hasJSONText && audio.hasSpeech
  }

  /// When the call goes on to its end, as things stand; late where that is not for the better. Nil while the recording is being sent.
  private var turnDeadline: (at: Duration, isLate: Bool)? {
    guard let sentAllAt else { return nil }
    let last = max(lastHeardAt, sentAllAt)
    guard expectsTurnEnd else { return (vendor.close.message == nil || mayAnswer ? last + settings.quiet : sentAllAt, false) }
    let isFlushed = vendor.close.message != nil
    if let turnEndedAt {
      let rest = isFlushed ? settings.settle : settings.quiet
      return (min(max(last, turnEndedAt) + rest, sentAllAt + settings.longestAnswer), false)
    }
    let patience = isFlushed ? settings.shortPatience : settings.patience
    return (min(last + patience, sentAllAt + settings.longestAnswer), true)
  }

  private mutating func endTurn(_ now: Duration, _ output: inout [CallAction]) {
    guard let deadline = turnDeadline, deadline.at <= now, let sentAllAt else { return }
    let failure = deadline.isLate && vendor.close.message == nil ? "the vendor did not end the turn" : nil
    if deadline.isLate { output.append(.note(.late(awaited: turnEndSummary, after: now - sentAllAt))) }
    guard let message = vendor.close.message else { return leave(failure: failure, &output) }
    if let text = memory.text(of: message) { output.append(.text(text)) }
    phase = .draining(since: now)
  }

  private var turnEndSummary: String { vendor.conversation.turnEnd.map(\.summary).joined(separator: " or ") }

  private mutating func leave(failure: String? = nil, _ output: inout [CallAction]) {
    phase = .leaving(failure: failure)
    output.append(.finish(code: 1000))
  }
}
