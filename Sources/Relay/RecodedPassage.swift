import WebSocket

/// One direction of a session on whose two connections messages are compressed differently, or where an inspector must see through the
/// compression (RFC 7692): what comes is inflated, what goes on is deflated where that was agreed and is worthwhile.
///
/// Messages keep their boundaries, not their fragments. Nothing is gathered: a message goes on as it comes, so its size costs no memory.
/// Without I/O, like `TransparentPassage`, but what goes on is written to the thread's `RecodingBuffers`.
final class RecodedPassage {
  enum Step: Equatable {
    /// Whole frames are in `buffers.output`, to be sent and removed.
    case frames
    /// A control frame is complete; its payload is to be taken.
    case control(Opcode)
    /// The inspector has something to say of a message.
    case inspected(Inspection)
    /// So much has been inflated that others should have their turn before the rest.
    case turn
  }

  private var reader: FrameReader
  private var control = ControlFrame()
  private var inflater: Inflater?
  private var deflater: Deflater?
  private let inspector: (any Inspector)?
  private let maximumMessage: UInt64
  private let masks: Bool
  private var violation: ProtocolViolation?
  private var ready: Step?

  // The input: where to read on, and the payload under way, unmasked in place.
  private var offset = 0
  private var run: Range<Int>?
  private var endsFrame = false
  /// What has been inflated of it.
  private var work = 0
  private var key: UInt32?

  // The message under way.
  private var opcode = Opcode.text
  private var isCompressed = false
  private var isLastFrame = false
  private var isShown = false
  /// Whether it is gathered before anything of it goes on.
  private var isGathered = false
  private var gathered: [UInt8] = []
  private var size: UInt64 = 0
  /// Whether it goes on compressed; nil before that is known.
  private var compresses: Bool?
  private var hasSent = false

  /// Whole data messages that have gone on.
  private(set) var messages: UInt64 = 0
  /// Audio that has passed, in nanoseconds; nil where none is looked for.
  var audio: Int64? { inspector?.audio }
  /// Whether a message has gone on in part.
  var isInsideMessage: Bool { hasSent }

  /// - Parameters:
  ///   - rules: of what comes, as it travels.
  ///   - maximumMessage: most bytes of a message, inflated; 0 is no limit.
  ///   - inflater: for what comes; nil where its sender may not compress.
  ///   - deflater: for what goes on; nil where nothing may be compressed.
  ///   - masks: whether a client sends what goes on (RFC 6455 section 5.3).
  init(
    rules: FrameRules, maximumMessage: UInt64, inflater: consuming Inflater?, deflater: consuming Deflater?, masks: Bool,
    inspector: (any Inspector)?
  ) {
    self.masks = masks
    reader = FrameReader(rules: rules)
    self.maximumMessage = maximumMessage
    self.inflater = inflater
    self.deflater = deflater
    self.inspector = inspector
  }

  /// The passage for what `party` sends; nil where messages can pass as they are.
  ///
  /// - Parameters:
  ///   - incoming: what was agreed with the party.
  ///   - outgoing: what was agreed with the other one.
  convenience init?(
    from party: Party, _ incoming: LegTransport.Compression?, to outgoing: LegTransport.Compression?, terms: RelayTerms,
    inspector: (any Inspector)?
  ) {
    guard incoming != nil || outgoing != nil || inspector?.rewrites ?? false else { return nil }
    let role = party.receiver
    if let incoming, let outgoing, inspector == nil, incoming.parameters.allowsPassage(to: outgoing.parameters, from: role.peer) {
      return nil
    }
    let inflater = incoming.map { $0.parameters.inflater(for: role, limits: terms.inflation) }
    let deflater = outgoing.map { $0.parameters.deflater(for: role.peer, settings: $0.settings) }
    let wireLimit = incoming == nil ? terms.maximumMessage : DeflateLimits.wireLimit(terms.maximumMessage)
    self.init(
      rules: FrameRules(receiver: role, allowsRSV1: incoming != nil, maximumFrame: terms.maximumFrame, maximumMessage: wireLimit),
      maximumMessage: terms.maximumMessage, inflater: inflater, deflater: deflater, masks: role == .server, inspector: inspector)
  }

  /// Bytes on the heap for zlib.
  var memoryBytes: Int { (inflater?.memoryBytes ?? 0) + (deflater?.memoryBytes ?? 0) }

  /// The payload of the control frame just handed over, unmasked.
  func takeControlPayload() -> [UInt8] { control.takePayload() }

  /// Starts on a new read, or on what was left of one.
  func begin() {
    offset = 0
    work = 0
    if ready == .turn { ready = nil }
    if let run {
      self.run = 0..<run.count
      offset = run.count
    }
  }

  /// What has not been used of `bytes`, to begin with later; nil when nothing is left to do.
  func rest(of bytes: UnsafeMutableRawBufferPointer) -> [UInt8]? {
    let start = run?.lowerBound ?? offset
    guard run != nil || ready != nil || violation != nil || start < bytes.count else { return nil }
    return unsafe Array(bytes[start...])
  }

  /// The next thing to do, nil when `bytes` are used up. Payload is unmasked where it lies.
  ///
  /// - Parameter now: milliseconds, for the inspector.
  /// - Throws: the violation, after every frame before it has been handed out.
  func next(
    _ bytes: UnsafeMutableRawBufferPointer, _ buffers: RecodingBuffers, now: Int64
  ) throws(ProtocolViolation) -> Step? {
    if violation == nil, ready == nil {
      do throws(ProtocolViolation) {
        ready = try unsafe advance(bytes, buffers, now: now)
      } catch {
        violation = error
        inflater = nil
      }
    }
    // Frames go out before what was found behind them.
    if !buffers.output.isEmpty { return .frames }
    if let violation { throw violation }
    return ready.take()
  }

  private func advance(
    _ bytes: UnsafeMutableRawBufferPointer, _ buffers: RecodingBuffers, now: Int64
  ) throws(ProtocolViolation) -> Step? {
    while buffers.output.count < RecodingBuffers.batch {
      if let run {
        if work >= RecodingBuffers.turn { return .turn }
        if let step = try unsafe take(run, of: bytes, buffers, now: now) { return step }
        continue
      }
      guard let event = try unsafe reader.next(UnsafeRawBufferPointer(bytes), at: &offset) else { return nil }
      switch event {
      case .header(let header):
        if !control.begin(header) { try begin(header) }
      case .payload(let range, let isLast):
        if control.isOpen {
          guard let opcode = unsafe control.collect(UnsafeRawBufferPointer(rebasing: bytes[range]), isLast: isLast) else { continue }
          return .control(opcode)
        }
        if let key { unsafe Mask.apply(key, phase: reader.maskPhase, to: UnsafeMutableRawBufferPointer(rebasing: bytes[range])) }
        run = range
        endsFrame = isLast
      }
    }
    return nil
  }

  private func begin(_ header: FrameHeader) throws(ProtocolViolation) {
    key = header.maskKey
    isLastFrame = header.fin
    if let opcode = header.knownOpcode, opcode != .continuation {
      self.opcode = opcode
      isCompressed = header.rsv1
      size = 0
      // The size of what comes compressed, or in fragments, is not known yet.
      compresses = header.fin && !header.rsv1 ? isWorthwhile(header.payloadLength) : nil
      isShown = inspector?.begin(isText: opcode == .text) ?? false
      isGathered = isShown && inspector?.gathers ?? false
    }
    guard isCompressed || maximumMessage == 0 || reader.rules.announcedBytes <= maximumMessage else { throw .messageTooBig }
  }

  private func isWorthwhile(_ size: UInt64) -> Bool {
    deflater?.isWorthwhile(opcode, size: Int(clamping: size)) ?? false
  }

  // MARK: Payload

  private func take(
    _ run: Range<Int>, of bytes: UnsafeMutableRawBufferPointer, _ buffers: RecodingBuffers, now: Int64
  ) throws(ProtocolViolation) -> Step? {
    let isLast = endsFrame && isLastFrame
    guard isCompressed else {
      self.run = nil
      return unsafe take(UnsafeRawBufferPointer(rebasing: bytes[run]), isLast: isLast, buffers, now: now)
    }
    let input = unsafe UnsafeRawBufferPointer(rebasing: bytes[run])
    var used = 0
    let room = unsafe buffers.plain
    let count = try unsafe inflater?.inflate(input, at: &used, into: room) ?? 0
    work += count + RecodingBuffers.pieceCost
    let isWhole = count < room.count
    self.run = isWhole ? nil : run.lowerBound + used..<run.upperBound
    if isWhole, isLast { try inflater?.finish() }
    let chunk = unsafe UnsafeRawBufferPointer(rebasing: room[..<count])
    return unsafe take(chunk, isLast: isWhole && isLast, buffers, now: now)
  }

  /// Passes on the next bytes of the message as they are to be read.
  private func take(
    _ chunk: UnsafeRawBufferPointer, isLast: Bool, _ buffers: RecodingBuffers, now: Int64
  ) -> Step? {
    size &+= UInt64(chunk.count)
    if isShown { unsafe inspector?.consume(chunk) }
    if isGathered { unsafe gathered.append(contentsOf: chunk) }
    var result = Inspection.pass
    if isLast, let inspector {
      result = inspector.end(bytes: size, now: now)
      if case .end = result { return .inspected(result) }
    }
    if !isGathered { unsafe send(chunk, isLast: isLast, buffers) } else if isLast { sendGathered(result, buffers) }
    if isLast {
      messages &+= 1
      hasSent = false
      release(buffers)
    }
    return result == .pass ? nil : .inspected(result)
  }

  /// Passes on what was gathered, or what takes its place.
  private func sendGathered(_ result: Inspection, _ buffers: RecodingBuffers) {
    var message = gathered
    gathered = []
    switch result.fate {
    case .passes: break
    case .stays: return
    case .isReplaced(let bytes): message = bytes
    }
    size = UInt64(message.count)
    compresses = isWorthwhile(size)
    unsafe message.withUnsafeBytes { unsafe send($0, isLast: true, buffers) }
  }

  /// Between messages that do not refer to each other nothing has to be kept.
  private func release(_ buffers: RecodingBuffers) {
    inflater?.release()
    buffers.takeBack(from: &deflater)
  }

  private func send(_ chunk: UnsafeRawBufferPointer, isLast: Bool, _ buffers: RecodingBuffers) {
    // Nothing yet says nothing about the size.
    guard isLast || chunk.count > 0 else { return }
    var compressed = compresses ?? isWorthwhile(size)
    if compressed {
      buffers.packed.removeAll(keepingCapacity: true)
      if !isInsideMessage { buffers.lend(to: &deflater) }
      // It can only fail before anything of the message has gone.
      compressed = unsafe deflater?.compress(chunk, isLast: isLast, appendingTo: &buffers.packed) ?? false
      // Without a context a whole message that did not become smaller can go as it is.
      let isWhole = isLast && size == UInt64(chunk.count)
      if isWhole, deflater?.contextTakeover == false, buffers.packed.count >= chunk.count { compressed = false }
    }
    compresses = compressed
    guard compressed else { return unsafe frame(chunk, isLast: isLast, isMarked: false, buffers) }
    unsafe buffers.packed.withUnsafeBytes { unsafe frame($0, isLast: isLast, isMarked: true, buffers) }
  }

  /// Appends one frame; of a compressed message the first is marked (RFC 7692 section 6).
  private func frame(_ payload: UnsafeRawBufferPointer, isLast: Bool, isMarked: Bool, _ buffers: RecodingBuffers) {
    guard isLast || payload.count > 0 else { return }
    let maskKey = masks ? buffers.maskKeys.next() : nil
    let header = FrameHeader(
      fin: isLast, rsv1: isMarked && !hasSent, opcode: hasSent ? .continuation : opcode, maskKey: maskKey, payloadLength: payload.count)
    hasSent = true
    unsafe buffers.append(header, payload)
  }
}
