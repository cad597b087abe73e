/// Every metric of the gateway. A new one is one line here: ``expose()`` finds it by itself.
///
/// Label values come from the configuration (route and upstream names) or from fixed sets (``CloseGroup``, refusal types, ends of a
/// session), never from a client; see ``Family`` for what happens if one does.
public final class GatewayMetrics: Sendable {
  // Sessions
  public let sessionsOpen = Family<Gauge>("voxgate_sessions_open", "Sessions open now.", "route")
  public let sessionsOpened = Family<Counter>("voxgate_sessions_opened_total", "Sessions opened.", "route", "upstream")
  public let sessionsClosed = Family<Counter>(
    "voxgate_sessions_closed_total", "Sessions closed, by side and close code.", "route", "by", "code")
  public let sessionSeconds = Family<Histogram>(
    "voxgate_session_duration_seconds", "Length of a session.", .lifetime, "route")
  public let sessionLosses = Family<Counter>(
    "voxgate_session_losses_total", "Sessions ended by the loss of a leg, without a Close.", "route", "by")

  // Opening
  public let handshakes = Family<Gauge>("voxgate_handshakes_in_progress", "Openings that are neither a session nor refused yet.")
  public let refusals = Family<Counter>("voxgate_refusals_total", "Openings refused, by the type in the answer.", "route", "reason")
  public let authentications = Family<Counter>("voxgate_authentications_total", "Credentials checked.", "route", "method", "result")
  public let dialSeconds = Family<Histogram>("voxgate_upstream_dial_seconds", "TCP, TLS and upgrade of an upstream.", .latency, "upstream")
  public let readySeconds = Family<Histogram>("voxgate_session_ready_seconds", "From the client's head to its 101.", .latency, "route")
  public let firstMessageSeconds = Family<Histogram>(
    "voxgate_upstream_first_message_seconds", "From the 101 to the first message of the upstream.", .latency, "upstream")
  public let dialFailures = Family<Counter>(
    "voxgate_upstream_dial_failures_total", "Upstreams not reached, by reason.", "upstream", "reason")

  public let audioMilliseconds = Family<Counter>(
    "voxgate_audio_milliseconds_total", "Audio in sessions that have ended; up is towards the vendor.", "route", "direction")

  // Data
  public let reactors = ReactorList()
  public let bytes: ReactorMetric
  public let messages: ReactorMetric
  public let pauses: ReactorMetric
  public let wakeUps: ReactorMetric
  public let reactorLag = Family<Histogram>("voxgate_reactor_lag_seconds", "How late a reactor ran its timers.", .lag)

  // The process
  public let httpRequests = Family<Counter>("voxgate_http_requests_total", "Plain HTTP requests answered.", "status")
  public let connectionsOpen = Family<Gauge>(
    "voxgate_connections_open", "Accepted connections that are neither closed nor a session's.", "listener")
  public let connectionsRejected = Family<Counter>(
    "voxgate_connections_rejected_total", "Connections closed unanswered.", "listener", "reason")
  public let reloads = Family<Counter>("voxgate_reloads_total", "Configuration reloads.", "result")
  public let draining = Family<Gauge>("voxgate_draining", "1 while the gateway drains.")
  public let logLinesLost = Family<Counter>("voxgate_log_lines_lost_total", "Log lines that could not be written.")
  public let build = Family<Gauge>("voxgate_build_info", "Always 1; the version is in the label.", "version")

  public init() {
    bytes = ReactorMetric(
      name: "voxgate_bytes_total", help: "WebSocket bytes relayed, headers included; up is towards the vendor.", label: "direction",
      reactors: reactors
    ) { counters in ReactorCounters.Direction.allCases.map { ($0.rawValue, counters.bytes($0)) } }
    messages = ReactorMetric(
      name: "voxgate_messages_total", help: "Data messages relayed.", label: "direction",
      reactors: reactors
    ) { counters in ReactorCounters.Direction.allCases.map { ($0.rawValue, counters.messages($0)) } }
    pauses = ReactorMetric(
      name: "voxgate_backpressure_pauses_total", help: "Times reading stopped because the other leg was full.", label: nil,
      reactors: reactors
    ) { [("", $0.pauses)] }
    wakeUps = ReactorMetric(
      name: "voxgate_reactor_wakeups_total", help: "Returns from waiting for events.", label: nil,
      reactors: reactors
    ) { [("", $0.wakeUps)] }
  }

  /// The whole page for `/metrics`.
  public func expose() -> String {
    var page = Exposition()
    // Reflection finds the lines above, so a metric cannot be declared and forgotten.
    for child in Mirror(reflecting: self).children {
      (child.value as? any Metric)?.expose(in: &page)
    }
    return page.text
  }
}
