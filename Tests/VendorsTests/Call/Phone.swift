import FoundationEssentials
import JSON
import Testing
@testable import Vendors

/// A call between a script and its vendor's simulator, by a clock of the test's own.
struct Phone {
  var script: CallScript
  var session: SimulatorSession
  var now: Duration
  /// What the script showed, and when.
  var events: [(at: Duration, event: CallEvent)] = []
  /// What the script sent.
  var sent: [(at: Duration, action: CallAction)] = []
  /// How long a message is on its way, in each direction.
  let delay: Duration
  /// Of the vendor's URL.
  let query: Query
  /// What the vendor sent.
  var received: [SimulatorAction] = []
  private var toVendor: [(at: Duration, action: CallAction)] = []
  private var toScript: [(at: Duration, action: SimulatorAction)] = []
  /// The script has sent its close frame.
  private var hasHungUp = false

  struct Refused: Error {}

  init(
    _ vendor: VendorDescriptor, _ recording: WAVFile, query text: String = "", settings: CallScript.Settings = .init(),
    delay: Duration = .milliseconds(20), misbehaviour: Misbehaviour? = nil
  ) throws {
    var query = Query(text)
    script = try CallScript(vendor, recording, query: query, settings: settings)
    query.items += script.query.map { Query.Item($0.name, $0.value) }
    let request = try Doorway(vendor).request(ClientRequest(query: query))
    self.query = request.url.query
    let admission = Doorway.admit(request, vendor, misbehaviour: misbehaviour)
    guard case .accepted(let session, _) = admission else {
      Issue.record("\(vendor.name): \(admission)")
      throw Refused()
    }
    self.session = session
    self.delay = delay
    // The upgrade takes one way there and one back; the vendor's first words follow it.
    now = delay
    answer(self.session.opened(now: now))
    now += delay
    obey(script.opened(now: now))
  }

  /// Goes on until the script has its outcome, or nothing more can happen, or an hour is over.
  mutating func run() {
    while script.outcome == nil, now < .seconds(3600) {
      let clocks = [script.nextTick, session.nextTick, toVendor.first?.at, toScript.first?.at].compactMap { $0 }
      guard let next = clocks.min() else { return }
      now = max(now, next)
      if let first = toVendor.first, first.at <= now {
        toVendor.removeFirst()
        deliver(first.action)
      } else if let first = toScript.first, first.at <= now {
        toScript.removeFirst()
        deliver(first.action)
      } else if let due = session.nextTick, due <= now {
        answer(session.tick(now: now))
      } else {
        obey(script.tick(now: now))
      }
    }
  }

  private mutating func deliver(_ action: CallAction) {
    switch action {
    case .text(let text): answer(session.receive(text: text, now: now))
    case .binary(let bytes): answer(session.receive(binary: bytes, now: now))
    case .finish(let code): answer(session.receiveClose(code: code, now: now))
    case .note: break
    }
  }

  private mutating func deliver(_ action: SimulatorAction) {
    received.append(action)
    switch action {
    case .text(let text): obey(script.receive(text: text, now: now))
    case .binary(let bytes): obey(script.receive(binary: bytes, now: now))
    case .close(let code, let reason): script.closed(CloseFrame(code: code, reason: reason), now: now)
    }
  }

  private mutating func answer(_ actions: [SimulatorAction]) {
    toScript += actions.map { (now + delay, $0) }
  }

  private mutating func obey(_ actions: [CallAction]) {
    for action in actions {
      if case .note(let event) = action {
        events.append((now, event))
        continue
      }
      #expect(!hasHungUp, "something is sent after the close frame")
      if case .finish = action { hasHungUp = true }
      sent.append((now, action))
      toVendor.append((now + delay, action))
    }
  }

  // MARK: - what was said

  func transcripts(of speaker: ConversationRules.Transcript.Speaker = .client) -> [CallTranscript] {
    events.compactMap { if case .transcript(let transcript) = $0.event, transcript.speaker == speaker { transcript } else { nil } }
  }

  var finals: [String] { transcripts().filter(\.isFinal).map(\.text) }

  /// Returned audio, decoded.
  var reply: [Int16] {
    let bytes = events.flatMap { if case .audio(let bytes) = $0.event { bytes } else { [UInt8]() } }
    guard let format = script.outputFormat, var decoder = AudioDecoder(format) else { return [] }
    return decoder.decode(bytes)
  }

  var failures: [String] { events.compactMap { if case .failure(_, let text, _) = $0.event { text } else { nil } } }

  var late: [String] { events.compactMap { if case .late(let awaited, _) = $0.event { awaited } else { nil } } }

  func firstTime(_ event: CallEvent) -> Duration? { events.first { $0.event == event }?.at }

  var sentMessages: [JSONValue] { sent.compactMap { if case .text(let text) = $0.action { try? JSONValue.parse(text) } else { nil } } }

  /// What the script sent in the vendor's framing.
  var sentFrames: [JSONValue] {
    sent.compactMap { _, action in
      switch action {
      case .text(let text): script.vendor.codec.client.message(Array(text.utf8), isText: true)
      case .binary(let bytes): script.vendor.codec.client.message(bytes, isText: false)
      default: nil
      }
    }
  }

  /// Binary messages that the script sent.
  var binaryCount: Int { sent.count { if case .binary = $0.action { true } else { false } } }

  var sentTypes: [String] { sentMessages.compactMap { $0["type"]?.stringValue } }

  var sentAudio: [(at: Duration, bytes: [UInt8])] {
    sent.compactMap { at, action in
      switch action {
      case .binary(let bytes): return (at, bytes)
      case .text(let text):
        guard let message = try? JSONValue.parse(text), message["type"] == "input_audio_buffer.append" else { return nil }
        return message["audio"]?.stringValue.flatMap { Base64.decode($0) }.map { (at, $0) }
      default: return nil
      }
    }
  }
}

/// Real speech: 8 seconds of PCM16 at 16 kHz.
func booking() throws -> WAVFile {
  let root = String(#filePath.prefix(upTo: try #require(#filePath.firstRange(of: "/Tests/")).lowerBound))
  return try WAVFile(reading: [UInt8](Data(contentsOf: URL(filePath: root + "/Examples/audio/booking.wav"))))
}

/// The same recording in another format.
func converted(_ file: WAVFile, to format: AudioFormat) throws -> WAVFile {
  let samples = LinearResampler.convert(file.samples, from: file.format.rate, to: format.rate)
  return WAVFile(format: format, audio: try #require(AudioEncoder.encode(samples, as: format.encoding, channels: format.channels)))
}

extension JSONValue {
  /// Whether all of the other's members stand here, with its values.
  func holds(_ other: JSONValue) -> Bool {
    guard let members = other.objectValue else { return self == other }
    return members.allSatisfy { member in self[member.name].map { $0.holds(member.value) } ?? false }
  }
}
