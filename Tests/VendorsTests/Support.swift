import Configuration
import JSON
import Testing
import YAML
@testable import Vendors

func vendor(_ name: String) throws -> VendorDescriptor {
  try #require(Catalogue.builtIn()[name])
}

/// A descriptor from a test's own YAML, with what was said about it.
func descriptor(_ yaml: String) -> (descriptor: VendorDescriptor?, problems: [String]) {
  let loaded = Loader.load(yaml)
  var reader = Reader(file: "v.yaml")
  guard let root = loaded.root else { return (nil, loaded.problems.map { "\($0.mark): \($0.message)" }) }
  let catalogue = Catalogue.with(root, &reader)
  return (catalogue["test.one"], reader.diagnostics.inOrder().map(\.headline))
}

func fields(_ pairs: [(String, String)]) -> [ClientRequest.Field] { pairs.map { ClientRequest.Field($0.0, $0.1) } }

/// What a simulated session said, message by message.
struct Conversation {
  var session: SimulatorSession
  var now = Duration.zero
  var actions: [SimulatorAction] = []

  init(_ admission: SimulatorAdmission) throws {
    guard case .accepted(let session, _) = admission else {
      Issue.record("the handshake was refused: \(admission)")
      throw Refused()
    }
    self.session = session
    actions = self.session.opened(now: now)
  }

  struct Refused: Error {}

  var messages: [JSONValue] {
    actions.compactMap { if case .text(let text) = $0 { try? JSONValue.parse(text) } else { nil } }
  }

  var types: [String] { messages.compactMap { $0["type"]?.stringValue } }

  var audio: [UInt8] { actions.flatMap { if case .binary(let bytes) = $0 { bytes } else { [UInt8]() } } }

  var closes: [SimulatorAction] { actions.filter { if case .close = $0 { true } else { false } } }

  func message(_ type: String) -> JSONValue? { messages.first { $0["type"]?.stringValue == type } }
  func last(_ type: String) -> JSONValue? { messages.last { $0["type"]?.stringValue == type } }
  func all(_ type: String) -> [JSONValue] { messages.filter { $0["type"]?.stringValue == type } }

  mutating func send(_ text: String) { actions += session.receive(text: text, now: now) }

  mutating func send(_ bytes: [UInt8]) { actions += session.receive(binary: bytes, now: now) }

  /// Streams audio in pieces, the clock going with it.
  mutating func stream(_ bytes: [UInt8], piece: Int, every interval: Duration = .milliseconds(20)) {
    var rest = bytes[...]
    while !rest.isEmpty {
      send(Array(rest.prefix(piece)))
      rest = rest.dropFirst(piece)
      now += interval
    }
  }

  /// The same in JSON, base64.
  mutating func append(_ bytes: [UInt8], piece: Int) {
    var rest = bytes[...]
    while !rest.isEmpty {
      send("{\"type\":\"input_audio_buffer.append\",\"audio\":\"\(Base64.encode(Array(rest.prefix(piece))))\"}")
      rest = rest.dropFirst(piece)
      now += .milliseconds(20)
    }
  }

  mutating func wait(_ duration: Duration) {
    let end = now + duration
    while let next = session.nextTick, next <= end {
      now = max(next, now)
      actions += session.tick(now: now)
    }
    now = end
  }
}

/// Speech with silence around it.
func speech(syllables: Int, rate: Int, before: Int = 300, after: Int = 800) -> [Int16] {
  SyntheticSpeech.silence(milliseconds: before, rate: rate) + SyntheticSpeech.samples(syllables: syllables, rate: rate)
    + SyntheticSpeech.silence(milliseconds: after, rate: rate)
}

func pcm(_ samples: [Int16]) -> [UInt8] { AudioEncoder.encode(samples, as: .pcmS16LE) ?? [] }
