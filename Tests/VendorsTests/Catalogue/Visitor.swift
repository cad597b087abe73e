import JSON
import Testing
@testable import Vendors

/// A client that does what a vendor's descriptor says, against the vendor's simulator, by a clock of the test's own.
struct Visitor {
  let vendor: VendorDescriptor
  var talk: Conversation
  /// Of the vendor's URL.
  let query: Query
  /// Everything that it has said.
  private(set) var sent: [(at: Duration, action: CallAction)] = []
  private var memory: SessionMemory
  private var seen = 0
  private var answered = 0
  private let credential: UpstreamRequest.FirstMessageCredential?
  private var hasSpoken = false
  /// What a call would say; nil with vendors that take no audio.
  private var call: (input: CallFormat, opening: CallOpening)?

  /// Admitted and open.
  init(_ vendor: VendorDescriptor, query: Query = Query()) throws {
    self.vendor = vendor
    var query = query
    if vendor.audio.client != nil {
      let input = try CallFormat.input(for: AudioFormat(encoding: .pcmS16LE, rate: 16_000), query: query, vendor)
      let output = vendor.audio.isShared ? nil : CallFormat.output(query: query, vendor)
      let opening = CallOpening(vendor, input: input, output: output, query: query)
      query.items += opening.query.map { Query.Item($0.name, $0.value) }
      call = (input, opening)
    } else {
      for pair in vendor.conversation.query where !query.contains(pair.name) { query.items.append(Query.Item(pair.name, pair.value)) }
    }
    let request = try Doorway(vendor).request(ClientRequest(query: query))
    credential = request.firstMessageCredential
    self.query = request.url.query
    talk = try Conversation(Doorway.admit(request, vendor))
    memory = SessionMemory(vendor)
  }

  var messages: [JSONValue] {
    talk.actions.compactMap { action in
      switch action {
      case .text(let text) where vendor.codec.server.framing != nil: vendor.codec.server.message(Array(text.utf8), isText: true)
      case .binary(let bytes) where vendor.codec.server.framing != nil: vendor.codec.server.message(bytes, isText: false)
      case .text(let text): try? JSONValue.parse(text)
      case .binary(let bytes): vendor.codec.server == .jsonAnyOpcode ? try? JSONValue.parse(bytes) : nil
      case .close: nil
      }
    }
  }

  /// What the vendor has said, as a call hears it.
  var events: [CallEvent] {
    var ear = CallEar(vendor, outputFormat: nil)
    return talk.actions.flatMap { action in
      switch action {
      case .text(let text): ear.hear(text).events
      case .binary(let bytes): ear.hear(bytes).events
      case .close: [CallEvent]()
      }
    }
  }

  var audio: [UInt8] { events.flatMap { if case .audio(let bytes) = $0 { bytes } else { [UInt8]() } } }

  var isReady: Bool {
    guard case .stages(let stages) = vendor.lifecycle.ready else { return true }
    var rest = stages[...]
    for message in messages { if let next = rest.first, next.matches(message) { rest.removeFirst() } }
    return rest.isEmpty
  }

  mutating func send(_ text: String) {
    var text = text
    if let credential, !hasSpoken, let message = try? JSONValue.parse(text) {
      text = FirstMessage.placing(credential, in: message).text()
    }
    hasSpoken = true
    if let message = try? JSONValue.parse(text) { memory.note(message, of: .client) }
    pass(text)
    reply()
  }

  /// As the vendor's framing has it.
  private mutating func pass(_ text: String) {
    switch vendor.framed(text) {
    case .text(let text):
      sent.append((talk.now, .text(text)))
      talk.send(text)
    case .binary(let bytes):
      sent.append((talk.now, .binary(bytes)))
      talk.send(bytes)
    }
  }

  mutating func send(_ bytes: [UInt8]) {
    memory.noteBinary()
    sent.append((talk.now, .binary(bytes)))
    talk.send(bytes)
    reply()
  }

  mutating func open() {
    for text in call?.opening.messages ?? vendor.openings() { send(text) }
  }

  /// A second of audio in pieces of 100 ms, as the vendor wants it.
  mutating func speak(_ samples: [Int16], rate: Int) throws {
    guard let call else { return }
    let file = WAVFile(samples: samples, rate: rate)
    var format = call.input.format
    for message in messages { if let declared = try? vendor.audio.declared(in: message, .input) { format = declared } }
    var audio = try CallAudio(file, as: format, chunk: .milliseconds(100), limits: vendor.audio.limits)
    while !audio.isFinished {
      switch call.opening.message(audio.next()) {
      case .text(let text): send(text)
      case .binary(let bytes): send(bytes)
      default: break
      }
      wait(.milliseconds(100))
    }
  }

  /// Time passes, the vendor's pings are answered, and where `alive`, keepalives go out.
  mutating func wait(_ duration: Duration, alive: Bool = false) {
    let end = talk.now + duration
    let every = vendor.keepalive.every ?? duration
    while talk.now < end, talk.closes.isEmpty {
      if alive, let message = vendor.keepalive.message, let text = memory.text(of: message) { send(text) }
      talk.wait(min(every, end - talk.now))
      reply()
    }
  }

  /// What the descriptor says ends a session; nil where only a close frame does.
  var farewell: String? { vendor.close.message.flatMap { memory.text(of: $0) } }

  private mutating func reply() {
    let messages = self.messages
    for message in messages.dropFirst(seen) {
      memory.note(message, of: .vendor)
      for reply in vendor.keepalive.replies where reply.match?.matches(message) ?? false {
        guard let send = reply.send else { continue }
        let text = send.rendered { name in JSONPath(String(name.dropFirst("message.".count)))?.first(in: message) }
        pass(text)
      }
    }
    seen = messages.count
  }
}

extension MessageCodec {
  /// What a framed message says.
  func message(_ bytes: [UInt8], isText: Bool) -> JSONValue? { (try? framing?.open(bytes[...], isText: isText))?.json }
}
