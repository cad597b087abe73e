import Configuration
import JSON
import TestSupport
import Testing
@testable import Vendors

/// A session's inspector, fed message by message with a clock.
struct Inspection {
  var inspector: AudioInspector
  var now: Int64 = 0
  var random = SeededGenerator(seed: 3)

  init(
    _ vendor: VendorDescriptor, _ direction: AudioDirection = .input, _ policy: RouteAudio.Policy = .reject, factor: Double? = nil
  ) throws {
    var route = RouteAudio()
    route.policy = policy
    route.maxRealtimeFactor = factor
    inspector = AudioInspector(try AudioPlan(vendor, direction, route: route))
  }

  /// A vendor of the test's own, under `test.one`.
  init(yaml: String, _ direction: AudioDirection = .input, _ policy: RouteAudio.Policy = .reject, factor: Double? = nil) throws {
    let read = descriptor("test.one:\n  kind: speech_to_text\n  endpoint: {url: \"wss://v.example/\"}\n\(yaml)")
    #expect(read.problems == [])
    try self.init(try #require(read.descriptor), direction, policy, factor: factor)
  }

  mutating func send(_ bytes: [UInt8], isText: Bool = false, after milliseconds: Int64 = 0) -> AudioVerdict {
    now += milliseconds
    inspector.begin(isText: isText)
    for piece in random.split(bytes, longest: max(1, bytes.count / 2)) { inspector.consume(piece) }
    return inspector.end(now: now)
  }

  mutating func send(_ text: String, after milliseconds: Int64 = 0) -> AudioVerdict {
    send(Array(text.utf8), isText: true, after: milliseconds)
  }

  /// A message of OpenAI's.
  mutating func append(_ audio: [UInt8], after milliseconds: Int64 = 0) -> AudioVerdict {
    send("{\"audio\":\"\(Base64.encode(audio))\",\"type\":\"input_audio_buffer.append\"}", after: milliseconds)
  }
}

extension AudioVerdict {
  var rule: AudioRule? {
    switch self {
    case .pass: nil
    case .warn(let violation), .reject(let violation): violation.rule
    }
  }
}
