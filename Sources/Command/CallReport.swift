import JSON
import Vendors

/// What people and scripts see of a call: a line or a JSON object for each event, and the returned audio put together.
struct CallReport {
  let json: Bool
  private(set) var reply: Reply?
  private var progressLine = ProgressLine()
  /// Of the last message that was only named: a row of the same name is one line.
  private var lastName: String?
  /// Pieces and bytes of the returned audio under way.
  private var stretch = (pieces: 0, bytes: 0)

  /// Returned audio.
  struct Reply {
    var format: AudioFormat
    var bytes: [UInt8]
  }

  init(json: Bool) { self.json = json }

  mutating func progress(_ progress: (sent: Double, total: Double)) {
    guard !json, progress.sent < progress.total else { return progressLine.clear() }
    progressLine.show("\(Self.decimal(progress.sent, 1)) of \(Self.decimal(progress.total, 1)) s")
  }

  /// - Parameter format: what returned audio is; nil where that isn't known.
  mutating func show(_ event: CallEvent, at now: Duration, format: AudioFormat?) {
    if case .audio(let bytes) = event, let format {
      if reply == nil { reply = Reply(format: format, bytes: []) }
      reply?.bytes += bytes
    }
    progressLine.clear()
    if json { Console.out(object(event, at: now, format: format).text()) } else { tell(event, at: now, format: format) }
  }

  /// The figures, and where the returned audio went.
  mutating func finish(_ figures: CallFigures, _ outcome: CallOutcome, _ file: String?) {
    progressLine.clear()
    let summary = LatencySummary(figures)
    if json {
      var object: JSONObject = ["event": "summary"]
      switch outcome {
      case .completed: object["outcome"] = "completed"
      case .failed(let words):
        object["outcome"] = "failed"
        object["problem"] = .string(words)
      }
      for member in summary.members { object[member.name] = member.value }
      object["reply_file"] = file.map { .string($0) }
      Console.out(JSONValue.object(object).text())
    } else {
      let text = summary.text
      if !text.isEmpty { Console.out("\n" + text) }
      if let file { Console.out("returned audio\(reply.map { Self.length($0.bytes.count, $0.format) } ?? "") is in \(file)") }
    }
  }

  // MARK: - lines

  private mutating func tell(_ event: CallEvent, at now: Duration, format: AudioFormat?) {
    if case .audio(let bytes) = event {
      if stretch.pieces == 0 { line("audio", "begins", now) }
      stretch = (stretch.pieces + 1, stretch.bytes + bytes.count)
      return
    }
    if case .turnEnded = event, stretch.pieces > 0 {
      line("audio", "\(stretch.pieces) messages\(format.map { Self.length(stretch.bytes, $0) } ?? "")", now)
      stretch = (0, 0)
    }
    switch event {
    case .ready: line("ready", "", now)
    case .sending(let format, let seconds): line("sending", "\(Self.decimal(seconds, 1)) s as \(format)", now)
    case .sent: line("sent", "to the end", now)
    case .transcript(let transcript):
      // The vendor's own words come piece by piece; the whole is enough.
      guard transcript.isFinal || transcript.speaker == .client else { return }
      let form = transcript.isFinal ? "(final)  " : "(interim)"
      line(transcript.speaker == .client ? "transcript" : "reply", "\(form) \(transcript.text)", now)
    case .audio: break
    case .turnEnded: line("turn", "ended", now)
    case .failure(let code, let text, _): line("error", code.map { "\(text) (\($0))" } ?? text, now)
    case .usage(let amount, let unit): line("usage", "\(Self.decimal(amount, amount == amount.rounded() ? 0 : 3)) \(unit)", now)
    case .message(let name): if name != lastName { line("event", name, now) }
    case .text(let text): line("text", String(text.prefix(500)), now)
    case .late(let awaited, let after): line("late", "waited \(Self.decimal(after / .seconds(1), 1)) s for \(awaited)", now)
    }
    if case .message(let name) = event { lastName = name } else { lastName = nil }
  }

  private func line(_ head: String, _ text: String, _ now: Duration) {
    let time = Self.decimal(now / .seconds(1), 3)
    let head = text.isEmpty ? head : head + String(repeating: " ", count: max(12 - head.count, 1))
    Console.out(String(repeating: " ", count: max(8 - time.count, 0)) + "\(time) s  \(head)\(Self.printable(text))")
  }

  /// Control characters of a server must not steer a terminal.
  private static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? " " : $0 }))
  }

  private static func length(_ bytes: Int, _ format: AudioFormat) -> String {
    format.seconds(bytes: bytes).map { " (\(decimal($0, 2)) s)" } ?? " (\(bytes) bytes)"
  }

  /// A number with this many places.
  static func decimal(_ number: Double, _ places: Int) -> String {
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((abs(number) * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    let text = places == 0 ? "\(scaled)" : "\(scaled / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
    return number < 0 ? "-" + text : text
  }

  // MARK: - objects

  private func object(_ event: CallEvent, at now: Duration, format: AudioFormat?) -> JSONValue {
    var object: JSONObject = ["at": Self.number(now / .seconds(1))]
    func named(_ name: String, _ members: JSONObject = [:]) {
      object["event"] = .string(name)
      for member in members { object[member.name] = member.value }
    }
    switch event {
    case .ready: named("ready")
    case .sending(let format, let seconds):
      named(
        "sending",
        [
          "encoding": .string(format.encoding.rawValue), "rate": .int(Int64(format.rate)), "channels": .int(Int64(format.channels)),
          "seconds": Self.number(seconds),
        ])
    case .sent: named("sent")
    case .transcript(let transcript):
      named(
        "transcript",
        [
          "text": .string(transcript.text), "final": .bool(transcript.isFinal), "speaker": .string(transcript.speaker.rawValue),
        ])
    case .audio(let bytes):
      named("audio", ["bytes": .int(Int64(bytes.count)), "seconds": format?.seconds(bytes: bytes.count).map(Self.number) ?? .null])
    case .turnEnded: named("turn_ended")
    case .failure(let code, let text, let isFatal):
      named("error", ["code": code.map { .string($0) } ?? .null, "message": .string(text), "fatal": .bool(isFatal)])
    case .usage(let amount, let unit): named("usage", ["amount": Self.number(amount), "unit": .string(unit)])
    case .message(let name): named("message", ["name": .string(name)])
    case .text(let text): named("text", ["text": .string(text)])
    case .late(let awaited, let after): named("late", ["awaited": .string(awaited), "seconds": Self.number(after / .seconds(1))])
    }
    return .object(object)
  }

  /// To the thousandth.
  static func number(_ value: Double) -> JSONValue { .double((value * 1000).rounded() / 1000) }
}
