/// What a run of the load generator is to do. Times are in nanoseconds.
struct LoadPlan {
  enum Mode: String {
    /// A session sends its next message when the echo of the last one has arrived.
    case closed
    /// A session sends a message every `interval`, whether echoes arrive or not.
    case paced
    /// Sessions are opened and held.
    case idle
    /// Sessions are opened and held, and send one message each at the end.
    case hold
    /// Sessions are opened and closed again as fast as it goes, for a time.
    case open
    /// Sessions are opened and closed again as fast as it goes, `opens` of them.
    case churn
  }

  static let options: Set = [
    "mode", "url", "connections", "payload", "bytes", "opens", "seconds", "warm-up", "interval-ms", "ca", "watch",
  ]

  let mode: Mode
  let url: String
  let endpoint: Endpoint
  let tls: TLSContext?
  let connections: Int
  let payload: Payload
  let bytes: Int
  let opens: Int
  let duration: Int64
  let warmUp: Int64
  let interval: Int64
  /// Processes whose CPU time over the measured window is wanted.
  let watched: [Int32]

  init(_ arguments: Arguments) throws(Failure) {
    let name = arguments.text("mode") ?? "closed"
    guard let mode = Mode(rawValue: name) else { throw .usage("'--mode \(name)': expected closed, paced, idle, hold, open or churn") }
    self.mode = mode
    url = try arguments.required("url")
    endpoint = try Endpoint(url: url)
    if endpoint.isSecure {
      tls = try TLSContext(authority: try arguments.required("ca"), serverName: endpoint.host)
    } else {
      tls = nil
    }
    opens = try arguments.integer("opens", default: 1000)
    let most = try arguments.integer("connections", default: 50)
    connections = max(1, mode == .churn ? min(most, opens) : most)
    let kind = arguments.text("payload") ?? "binary"
    guard let payload = Payload(rawValue: kind) else { throw .usage("'--payload \(kind)': expected binary or json") }
    self.payload = payload
    bytes = try arguments.integer("bytes", default: 640)
    duration = try arguments.seconds("seconds", default: 5)
    warmUp = try arguments.seconds("warm-up", default: 1)
    interval = max(1, Int64(try arguments.integer("interval-ms", default: 20))) * 1_000_000
    var watched: [Int32] = []
    for word in arguments.all("watch") {
      guard let pid = Int32(word) else { throw .usage("'--watch \(word)': expected a process id") }
      watched.append(pid)
    }
    self.watched = watched
  }
}
