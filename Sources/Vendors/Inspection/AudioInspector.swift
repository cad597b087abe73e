import Configuration
import JSON

/// Looks at the messages of one direction of a session, as they pass, and judges and counts their audio.
///
/// A value without I/O. Of each message: `begin`, `consume` for each run of its unmasked payload however it is cut, and `end`, which should
/// come before the last bytes are forwarded, so that a message that is rejected never becomes whole at the vendor's.
public struct AudioInspector: Sendable {
  private let plan: AudioPlan
  private var content = AudioPlan.Content.other
  private var scanner: JSONScanner
  private var stream: AudioStream
  private var pace = AudioPace()
  /// Bytes of audio of the binary message under way.
  private var count = 0
  /// What the last declaring message said, to know when another one says the same.
  private var declared: [UInt8] = []
  private var declaring: [UInt8] = []
  private var reported: Set<AudioRule> = []

  /// The message under way in a vendor's own framing, or as much of it as is looked at.
  private var framed: [UInt8] = []
  private var isText = false

  /// Audio so far, in nanoseconds; that of packet codecs and most containers has no known length.
  public private(set) var audioNanoseconds: Int64 = 0
  /// Messages that broke a rule.
  public private(set) var violations = 0
  /// The conditions of this direction's ways that hold.
  private var opened: UInt64 = 0
  /// What binary messages hold while they do.
  private var binary: AudioPlan.Content
  /// Those of the other's, as far as this direction tells them.
  private var openedForOther: UInt64 = 0
  private var news = AudioNews()

  public init(_ plan: AudioPlan) {
    self.plan = plan
    scanner = JSONScanner(plan.paths)
    binary = plan.binary
    stream = AudioStream(plan.rules.undeclared(plan.direction))
  }

  /// Audio so far, as far as its length is known.
  public var audio: Duration { .nanoseconds(audioNanoseconds) }

  /// The format of the audio to come; nil where it is not known.
  public var format: AudioFormat? { stream.format }

  // MARK: formats

  /// Takes the format that the session's opening declares, as the vendor will see it: the query of its URL, or the request before it.
  ///
  /// - Parameter initBody: of the request that led to the URL; nil where there was none.
  public mutating func open(_ query: Query, initBody: JSONValue? = nil) -> AudioVerdict {
    do throws(FormatProblem) {
      if let initBody, plan.rules.format.initBody != nil, let format = try plan.rules.declared(in: initBody, plan.direction) {
        stream = AudioStream(format)
        return .pass
      }
      guard let format = try plan.rules.declared(in: query, plan.direction) else { return .pass }
      let places = plan.direction == .input ? plan.rules.format.query?.input : plan.rules.format.query?.output
      stream = AudioStream(format, container: places?.container.flatMap { query[$0] })
      return .pass
    } catch {
      stream = AudioStream(nil)
      return report(AudioViolation(error))
    }
  }

  /// Takes a format that was declared elsewhere: in the other direction, or in the request that led to the session's URL.
  public mutating func use(_ format: AudioFormat) { stream = AudioStream(format) }

  /// What messages of this direction have said of the other's audio since this was last asked: for that one's `take`. Nil for nothing.
  public mutating func takeNews() -> AudioNews? {
    guard !news.isEmpty else { return nil }
    defer { news = AudioNews() }
    return news
  }

  /// Takes what the other direction's messages have said.
  public mutating func take(_ news: AudioNews) {
    if let format = news.format { use(format) }
    if let opened = news.opened { open(opened) }
  }

  /// The message that has just been scanned may open ways, and close them by saying something else of the same matter.
  private mutating func takeConditions() {
    for index in plan.conditions.indices where plan.conditions[index].match.isTouched(by: scanner) {
      let condition = plan.conditions[index]
      let holds = condition.match.holds(in: scanner)
      if condition.direction == plan.direction {
        open(holds ? opened | condition.bit : opened & ~condition.bit)
      } else {
        openedForOther = holds ? openedForOther | condition.bit : openedForOther & ~condition.bit
        news.opened = openedForOther
      }
    }
  }

  private mutating func open(_ conditions: UInt64) {
    opened = conditions
    binary = conditions & plan.binaryConditions != 0 ? .audio : plan.binary
  }

  /// The message that has just been scanned may declare formats.
  private mutating func takeDeclaration() -> AudioViolation? {
    guard mayDeclare, let declaration = plan.declaration, isNews(declaration) else { return nil }
    let container = declaration.containers.first { scanner.kind($0) == .string }
      .map { String(decoding: scanner.bytes($0), as: UTF8.self) }
    return takeDeclaration(in: scanner.sketch(), container: container)
  }

  /// - Parameter container: what stands at the place of a container.
  private mutating func takeDeclaration(in message: JSONValue, container: String? = nil) -> AudioViolation? {
    guard let declaration = plan.declaration else { return nil }
    do throws(FormatProblem) {
      let other = plan.direction == .input ? AudioDirection.output : .input
      if let format = try declaration.rules.declared(in: message, plan.direction) {
        stream.change(to: AudioStream(format, container: container))
      }
      if let format = try declaration.rules.declared(in: message, other) { news.format = format }
      return nil
    } catch {
      return AudioViolation(error)
    }
  }

  private var mayDeclare: Bool {
    if plan.declarationMatches.isEmpty { return true }
    for index in plan.declarationMatches.indices where plan.declarationMatches[index].holds(in: scanner) { return true }
    return false
  }

  /// Whether the declaring values are others than before.
  private mutating func isNews(_ declaration: AudioPlan.Declaration) -> Bool {
    declaring.removeAll(keepingCapacity: true)
    var isThere = false
    for slot in declaration.slots {
      let kind = scanner.kind(slot)
      if kind != .absent { isThere = true }
      declaring.append(kind.rawValue)
      declaring.append(contentsOf: scanner.bytes(slot))
      // No text in JSON holds it unescaped, and no value that is declared holds it.
      declaring.append(0)
    }
    guard isThere, declaring != declared else { return false }
    swap(&declaring, &declared)
    return true
  }

  // MARK: messages

  /// Starts on a message.
  public mutating func begin(isText: Bool) {
    self.isText = isText
    content = isText ? plan.text : binary
    count = 0
    if content == .json {
      scanner.begin()
      scanner.keepsHead = stream.head.isOpen
    }
  }

  /// Whether the message's payload is needed, or only its size.
  public var wantsPayload: Bool {
    switch content {
    case .other: false
    case .json, .framed: true
    case .audio: stream.head.isOpen
    }
  }

  /// Takes note of a message whose payload was not needed.
  public mutating func skip(_ bytes: Int) {
    if content == .audio { count &+= bytes }
  }

  /// Takes the next bytes of the message.
  public mutating func consume(_ run: UnsafeRawBufferPointer) {
    switch content {
    case .other: break
    case .json: unsafe scanner.consume(run)
    case .framed:
      // One byte more tells that it is too large.
      unsafe framed.append(contentsOf: run.prefix(MessageFraming.largestMessage + 1 - framed.count))
    case .audio:
      count &+= run.count
      if stream.head.isOpen { unsafe stream.head.take(run) }
    }
  }

  /// Takes the next bytes of the message.
  public mutating func consume(_ run: [UInt8]) {
    unsafe run.withUnsafeBytes { unsafe consume($0) }
  }

  /// Ends the message.
  /// - Parameter now: milliseconds of a clock that never goes back.
  public mutating func end(now: Int64) -> AudioVerdict {
    switch content {
    case .other: return .pass
    case .audio: return verdict(judge(count, now))
    case .json: return endJSON(now)
    case .framed: return endFramed(now)
    }
  }

  private mutating func endFramed(_ now: Int64) -> AudioVerdict {
    guard let framing = plan.framing else { return .pass }
    // A large message's room is not kept for small ones.
    defer { framed.removeAll(keepingCapacity: framed.capacity <= 64 << 10) }
    let message: FramedMessage
    do throws(FramingError) {
      message = try framing.open(framed[...], isText: isText)
    } catch {
      return verdict(AudioViolation(error))
    }
    var problem = takeDeclaration(in: message.value)
    for choice in plan.framedChoices {
      guard case .json(let match, let path) = choice.carriage, match.matches(message.value), let audio = message.bytes(at: path)
      else { continue }
      if stream.head.isOpen { unsafe audio.withUnsafeBytes { unsafe stream.head.take($0) } }
      let found = judge(audio.count, now)
      if problem == nil { problem = found }
    }
    return verdict(problem)
  }

  private mutating func endJSON(_ now: Int64) -> AudioVerdict {
    switch scanner.end() {
    case .blank: return .pass
    case .malformed(let fault): return verdict(AudioViolation(fault))
    case .complete: break
    }
    if !plan.conditions.isEmpty { takeConditions() }
    var problem = takeDeclaration()
    // Where a message brings audio by several ways, all of it counts.
    for index in plan.ways.indices where brings(plan.ways[index]) {
      let found = judgeBase64(plan.ways[index].slot, now)
      if problem == nil { problem = found }
    }
    return verdict(problem)
  }

  private func brings(_ way: AudioPlan.Way) -> Bool {
    (way.conditions == 0 || way.conditions & opened != 0) && way.match.holds(in: scanner)
  }

  private mutating func judgeBase64(_ slot: Int, _ now: Int64) -> AudioViolation? {
    let kind = scanner.kind(slot)
    guard kind == .string else {
      // Without audio there is nothing to judge.
      if kind == .absent || kind == .null { return nil }
      return AudioViolation(.malformedBase64, found: "a value that is no text", expected: "base64")
    }
    let tally = scanner.tally(slot)
    if let problem = tally.problem { return AudioViolation(problem) }
    if stream.head.isOpen { takeHead(slot, of: tally.decodedCount) }
    return judge(tally.decodedCount, now)
  }

  /// Gives the first bytes of the message's audio to the head of the stream.
  private mutating func takeHead(_ slot: Int, of count: Int) {
    let letters = scanner.bytes(slot)
    // What is wrong with the alphabet is known already.
    guard let bytes = Base64.decodeURLSafe(String(decoding: letters.prefix(letters.count & ~3), as: UTF8.self)) else {
      return stream.head.close()
    }
    unsafe bytes.withUnsafeBytes { unsafe stream.head.take($0) }
    // What was not kept is missing from here on.
    if bytes.count < count { stream.head.seal() }
  }

  /// Judges and counts the audio of one message.
  private mutating func judge(_ bytes: Int, _ now: Int64) -> AudioViolation? {
    guard bytes > 0 else { return nil }
    var violation = stream.take(bytes)
    let length = stream.lastNanoseconds
    audioNanoseconds += min(length, .max - audioNanoseconds)
    if let limit = plan.maxPace, length > 0 {
      let total = pace.add(length, now: now)
      if total > limit, violation == nil { violation = tooFast(total) }
    }
    return violation ?? chunk(bytes, length)
  }

  private func chunk(_ bytes: Int, _ length: Int64) -> AudioViolation? {
    if let most = plan.maxChunkBytes, bytes > most {
      return AudioViolation(.chunkTooLarge, found: "\(bytes) bytes of audio in one message", expected: "at most \(most)")
    }
    // Pieces of a container are cut anywhere.
    guard stream.isRaw else { return nil }
    if let least = plan.minChunk, length < least {
      let found = "\(Self.milliseconds(length)) of audio in one message"
      return AudioViolation(.chunkTooShort, found: found, expected: "at least \(Self.milliseconds(least))")
    }
    if let most = plan.maxChunk, length > most {
      let found = "\(Self.milliseconds(length)) of audio in one message"
      return AudioViolation(.chunkTooLong, found: found, expected: "at most \(Self.milliseconds(most))")
    }
    return nil
  }

  private func tooFast(_ total: Int64) -> AudioViolation {
    AudioViolation(
      .tooFast, found: "\(Self.milliseconds(total)) of audio within \(AudioPace.windowMilliseconds) ms",
      expected: "at most \(Self.milliseconds(plan.maxPace ?? 0)), which is \(plan.realtimeFactor) times real time and a second more")
  }

  private static func milliseconds(_ nanoseconds: Int64) -> String {
    let (whole, thousandths) = (nanoseconds / 1000).quotientAndRemainder(dividingBy: 1000)
    guard thousandths > 0 else { return "\(whole) ms" }
    var digits = "\(1000 + thousandths)".dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits) ms"
  }

  // MARK: verdicts

  private mutating func verdict(_ violation: AudioViolation?) -> AudioVerdict {
    guard let violation else { return .pass }
    return report(violation)
  }

  private mutating func report(_ violation: AudioViolation) -> AudioVerdict {
    guard plan.policy != .off else { return .pass }
    violations += 1
    if plan.policy == .reject { return .reject(violation) }
    return reported.insert(violation.rule).inserted ? .warn(violation) : .pass
  }
}
