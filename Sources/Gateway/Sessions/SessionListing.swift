import JSON
import Relay
import Telemetry

/// One open session as the operator's address shows it: what its log record will say, as far as it is known.
struct SessionListing: Sendable {
  let session: String
  let route: String
  let upstream: String
  /// Nil where nobody is known.
  let subject: String?
  /// In the form allowed in logs.
  let ip: String
  let opened: Timestamp
  /// Milliseconds until its upstream was open; nil while there was none.
  let ready: Int64?

  func json(now: Timestamp) -> JSONObject {
    [
      "session": .string(session), "route": .string(route), "upstream": .string(upstream),
      "subject": subject.map { .string(LogText.clean($0, limit: 128)) } ?? .null, "ip": .string(ip), "opened": .string(opened.rfc3339),
      "seconds": .int(max(0, now.milliseconds - opened.milliseconds) / 1_000), "ready_ms": ready.map { .int($0) } ?? .null,
    ]
  }
}

extension SessionProgress {
  /// - Parameter name: of the upstream.
  func json(upstream name: String) -> JSONObject {
    [
      "downstream": .object(downstream.json), "upstream": .object(JSONObject([.init("name", .string(name))] + upstream.json.members)),
      "silent_seconds": .int(silence / 1_000), "closing": .bool(isEnding),
    ]
  }
}

extension SessionOutcome.Traffic {
  fileprivate var json: JSONObject {
    [
      "messages": .int(Int64(clamping: messages)), "bytes": .int(Int64(clamping: bytes)),
      "audio_seconds": audio.map { .double(Double($0 / 1_000_000) / 1_000) } ?? .null,
    ]
  }
}
