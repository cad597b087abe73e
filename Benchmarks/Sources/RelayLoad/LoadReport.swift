import FoundationEssentials
import Glibc

/// The result of a run, printed as one line of JSON.
struct LoadReport: Encodable {
  struct Latency: Encodable {
    let p50: Double
    let p99: Double
    let p999: Double
    let maximum: Double

    /// Microseconds.
    init(_ histogram: Histogram) {
      func microseconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds / 100) / 10 }
      p50 = microseconds(histogram.percentile(0.5))
      p99 = microseconds(histogram.percentile(0.99))
      p999 = microseconds(histogram.percentile(0.999))
      maximum = microseconds(histogram.maximum)
    }
  }

  struct Watched: Encodable {
    let pid: Int32
    /// Over the measured window; nil where the process ended.
    let cpuNanoseconds: UInt64?
  }

  let mode: String
  let url: String
  let connections: Int
  let payload: String
  /// Of one message.
  let bytes: Int
  /// The length of the measured window (in idle mode, the time that opening took; in hold and churn mode, of the whole run).
  let seconds: Double
  /// Echoes that arrived in the window, each having been relayed twice.
  let messages: Int
  let messagesPerSecond: Double
  let opens: Int
  let opensPerSecond: Double
  /// Of a message and its echo; in open and churn mode, from connecting to the 101.
  let latencyMicroseconds: Latency
  /// Sessions that could not be opened or ended too early, over the whole run, and why the first of them did.
  let lost: Int
  let failure: String?
  let watched: [Watched]

  init(_ plan: LoadPlan, _ message: LoadMessage, _ count: LoadCount, window: Int64, watched: [Watched], lost: Int, failure: String?) {
    mode = plan.mode.rawValue
    url = plan.url
    connections = plan.connections
    payload = plan.payload.rawValue
    bytes = message.payload.count
    seconds = Double(window) / 1e9
    messages = count.messages
    opens = count.opens
    messagesPerSecond = (Double(count.messages) / seconds).rounded()
    opensPerSecond = (Double(count.opens) / seconds).rounded()
    latencyMicroseconds = Latency(count.latency)
    self.watched = watched
    self.lost = lost
    self.failure = failure
  }

  func line() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

/// What is counted while a window lasts.
struct LoadCount {
  var messages = 0
  var opens = 0
  var latency = Histogram()
}
