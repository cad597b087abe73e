import JSON
import Vendors

/// A call's figures as lines and as JSON.
struct LatencySummary {
  private let single: [(name: String, key: String, value: Duration?)]
  private let series: [(name: String, key: String, samples: CallFigures.Samples)]

  init(_ figures: CallFigures) {
    single = [
      ("to ready", "ready_ms", figures.ready), ("to first transcript", "first_transcript_ms", figures.firstTranscript),
      ("to first audio", "first_audio_ms", figures.firstAudio),
    ]
    series = [
      ("answers", "answers", figures.answers), ("final transcripts", "final_transcripts", figures.finalTranscripts),
      ("audio gaps", "audio_gaps", figures.audioGaps),
    ]
  }

  private static let percentiles: [(name: String, share: Double)] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]

  /// The single figures in one line, then a table of those with several samples.
  var text: String {
    let first = single.compactMap { figure in figure.value.map { "\(figure.name) \(Self.text($0))" } }.joined(separator: ", ")
    let rows = series.filter { $0.samples.count > 1 }.map { row in
      [row.name, "\(row.samples.count)"] + Self.percentiles.map { row.samples.percentile($0.share).map(Self.text) ?? "" }
    }
    let table = rows.isEmpty ? [] : [Columns.text(["", "samples"] + Self.percentiles.map(\.name), rows)]
    return ((first.isEmpty ? [] : [first]) + table).joined(separator: "\n")
  }

  var members: JSONObject {
    var object = JSONObject()
    for figure in single { if let value = figure.value { object[figure.key] = Self.milliseconds(value) } }
    for row in series where row.samples.count > 0 {
      var inner: JSONObject = ["samples": .int(Int64(row.samples.count))]
      for (name, share) in Self.percentiles { inner["\(name)_ms"] = row.samples.percentile(share).map(Self.milliseconds) }
      object[row.key] = .object(inner)
    }
    return object
  }

  private static func text(_ duration: Duration) -> String {
    let milliseconds = duration / .milliseconds(1)
    return "\(CallReport.decimal(milliseconds, milliseconds < 10 ? 1 : 0)) ms"
  }

  private static func milliseconds(_ duration: Duration) -> JSONValue { CallReport.number(duration / .milliseconds(1)) }
}
