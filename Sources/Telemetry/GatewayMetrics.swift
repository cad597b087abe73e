/// Every metric of the gateway. A new one is one line here: ``expose()`` finds it by itself.
///
/// Label values come from the configuration (route and upstream names) or from fixed sets (``CloseGroup``, refusal types, ends of a
/// session), never from a client; see ``Family`` for what happens if one does.
public final class GatewayMetrics: Sendable {
  // Sessions
  public let sessionsOpen = Family<Gauge>("voxgate_sessions_open", "Sessions open now.", "route")
  public let sessionsOpened = Family<Counter>("voxgate_sessions_opened_total", "Sessions opened.", "route", "upstream")
  public let sessionsClosed = Family<Counter>(
    "voxgate_sessions_closed_total", "Sessions ended: by whom, why, and with which close code (`none` without one).", "route", "by",
    "cause", "code")
  public let sessionSeconds = Family<Histogram>(
    "voxgate_session_duration_seconds", "Length of a session.", .lifetime, "route")

  // Opening
  public let handshakes = Family<Gauge>("voxgate_handshakes_in_progress", "Openings that are neither a session nor refused yet.")
  public let refusals = Family<Counter>("voxgate_refusals_total", "Openings refused, by the type in the answer.", "route", "reason")
  public let authentications = Family<Counter>(
    "voxgate_authentications_total", "Credentials that a method looked at: `accepted`, `refused`, or `unavailable` to tell.", "route",
    "method", "result")
  public let dialSeconds = Family<Histogram>("voxgate_upstream_dial_seconds", "TCP, TLS and upgrade of an upstream.", .latency, "upstream")
  public let readySeconds = Family<Histogram>("voxgate_session_ready_seconds", "From the client's head to its 101.", .latency, "route")
  public let firstMessageSeconds = Family<Histogram>(
    "voxgate_upstream_first_message_seconds", "From the 101 to the first message of the upstream.", .latency, "upstream")
  public let dials = Family<Counter>(
    "voxgate_upstream_dials_total", "Dials of an endpoint by what came of them: `open`, or why not.", "upstream", "endpoint", "result")
  public let circuit = Family<Gauge>(
    "voxgate_upstream_circuit", "Whether an endpoint is dialled: 0 yes, 1 by one session that tries it, 2 no.", "upstream", "endpoint")
  public let fallbacks = Family<Counter>(
    "voxgate_upstream_fallbacks_total", "Sessions opened elsewhere than at the first endpoint of their route.", "route", "upstream")
  public let handovers = Family<Counter>(
    "voxgate_upstream_handovers_total", "Sessions that another upstream took up, or should have: why, and whether it did.", "route",
    "reason", "result")
  public let credentialRests = Family<Counter>(
    "voxgate_upstream_credential_rests_total", "Times that a credential was put to rest, by why.", "upstream", "reason")
  public let dialFailures = Family<Counter>(
    "voxgate_upstream_dial_failures_total", "Upstreams not reached, by reason.", "upstream", "reason")

  public let audio = Family<TimeCounter>(
    "voxgate_audio_seconds_total", "Audio that has passed where it is looked at; up is towards the vendor.", "route", "direction")

  // What is remembered between sessions
  public let storeEntries = Family<Gauge>("voxgate_store_entries", "What is remembered now.", "table")
  public let storeEvictions = Family<Counter>(
    "voxgate_store_evictions_total", "Entries forgotten before their time, since the table was full.", "table")

  // What vendors say
  public let vendorReadySeconds = Family<Histogram>(
    "voxgate_upstream_ready_seconds", "From the upstream's 101 until it said that it was ready.", .latency, "upstream")
  public let firstTranscriptSeconds = Family<Histogram>(
    "voxgate_upstream_first_transcript_seconds", "From the client's first audio to the first words of it that came back.", .answer,
    "upstream")
  public let firstAudioSeconds = Family<Histogram>(
    "voxgate_upstream_first_audio_seconds", "From the client's first audio, or message where it sends none, to the first audio back.",
    .answer, "upstream")
  public let turnSeconds = Family<Histogram>(
    "voxgate_turn_latency_seconds", "From the end of what the client said to the first audio of the answer.", .answer, "upstream")
  public let turns = Family<Counter>("voxgate_turns_total", "Turns that the vendor has ended.", "upstream")
  public let usage = Family<Counter>("voxgate_upstream_usage_total", "What the vendor bills, in whole units.", "upstream", "unit")
  public let vendorErrors = Family<Counter>(
    "voxgate_upstream_errors_total", "Failures that the vendor reported, in messages and close codes, by whose they are.", "upstream",
    "class", "fatal")
  public let keepalives = Family<Counter>("voxgate_upstream_keepalives_total", "Keepalives that the gateway sent in silence.", "upstream")

  // Data
  public let reactors = ReactorList()
  public let bytes: ReactorMetric
  public let messages: ReactorMetric
  public let pauses: ReactorMetric
  public let wakeUps: ReactorMetric
  public let reactorLag: ReactorLag

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
  public let process = ProcessMetrics()

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
    reactorLag = ReactorLag(reactors: reactors)
  }

  /// What can be on the page, in its order.
  public var summaries: [MetricSummary] { all.flatMap(\.summaries) }

  /// Reflection finds the lines above, so a metric cannot be declared and forgotten.
  private var all: [any Metric] { Mirror(reflecting: self).children.compactMap { $0.value as? any Metric } }

  /// The whole page for `/metrics`.
  public func expose() -> String {
    var page = Exposition()
    for metric in all { metric.expose(in: &page) }
    return page.text
  }
}
