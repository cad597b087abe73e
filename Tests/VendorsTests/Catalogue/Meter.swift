import JSON
@testable import Vendors

extension Inspection {
  /// Counts one direction of a session that is over.
  struct Meter {
    private var inspector: AudioInspector
    private(set) var violations: [String] = []

    init(_ inspector: AudioInspector, _ query: Query) {
      self.inspector = inspector
      note(self.inspector.open(query))
    }

    /// What the other direction's messages have said of this one's audio.
    mutating func hear(_ other: inout Meter) {
      if let news = other.inspector.takeNews() { inspector.take(news) }
    }

    /// Whether the length of the audio follows from its bytes.
    var isCounting: Bool { inspector.format?.encoding.isRaw ?? false }

    var seconds: Double { Double(inspector.audioNanoseconds) / 1e9 }

    mutating func take(_ action: CallAction, _ at: Duration) {
      switch action {
      case .text(let text): take(Array(text.utf8), isText: true, at)
      case .binary(let bytes): take(bytes, isText: false, at)
      default: break
      }
    }

    mutating func take(_ action: SimulatorAction) {
      switch action {
      case .text(let text): take(Array(text.utf8), isText: true, .zero)
      case .binary(let bytes): take(bytes, isText: false, .zero)
      default: break
      }
    }

    private mutating func take(_ bytes: [UInt8], isText: Bool, _ at: Duration) {
      inspector.begin(isText: isText)
      inspector.consume(bytes)
      note(inspector.end(now: Int64(at / .milliseconds(1))))
    }

    private mutating func note(_ verdict: AudioVerdict) {
      switch verdict {
      case .pass: break
      case .warn(let violation), .reject(let violation): violations.append("\(violation)")
      }
    }
  }
}
