/// One file of the pages that the gateway serves: its name, and what it holds.
struct WebFile: Sendable {
  let name: String
  let bytes: [UInt8]

  /// As browsers need it: with `nosniff` they take no other.
  var type: String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "json": "application/json"
    case "svg": "image/svg+xml"
    case "mp3": "audio/mpeg"
    default: "application/octet-stream"
    }
  }

  /// SwiftPM embeds the folder as one constant a file and gives no list of them, so here is the list; a test compares it with the folder.
  static let all = [
    WebFile(name: "capture.js", bytes: PackageResources.capture_js),
    WebFile(name: "charts.js", bytes: PackageResources.charts_js),
    WebFile(name: "closes.js", bytes: PackageResources.closes_js),
    WebFile(name: "closes.json", bytes: PackageResources.closes_json),
    WebFile(name: "console.js", bytes: PackageResources.console_js),
    WebFile(name: "dashboard.css", bytes: PackageResources.dashboard_css),
    WebFile(name: "dashboard.html", bytes: PackageResources.dashboard_html),
    WebFile(name: "dashboard.js", bytes: PackageResources.dashboard_js),
    WebFile(name: "ear.js", bytes: PackageResources.ear_js),
    WebFile(name: "elements.js", bytes: PackageResources.elements_js),
    WebFile(name: "framing.js", bytes: PackageResources.framing_js),
    WebFile(name: "history.js", bytes: PackageResources.history_js),
    WebFile(name: "icon.svg", bytes: PackageResources.icon_svg),
    WebFile(name: "journal.js", bytes: PackageResources.journal_js),
    WebFile(name: "message.js", bytes: PackageResources.message_js),
    WebFile(name: "meter.js", bytes: PackageResources.meter_js),
    WebFile(name: "page.css", bytes: PackageResources.page_css),
    WebFile(name: "player.js", bytes: PackageResources.player_js),
    WebFile(name: "playground.css", bytes: PackageResources.playground_css),
    WebFile(name: "playground.html", bytes: PackageResources.playground_html),
    WebFile(name: "playground.js", bytes: PackageResources.playground_js),
    WebFile(name: "prometheus.js", bytes: PackageResources.prometheus_js),
    WebFile(name: "resampler.js", bytes: PackageResources.resampler_js),
    WebFile(name: "route.js", bytes: PackageResources.route_js),
    WebFile(name: "sample.mp3", bytes: PackageResources.sample_mp3),
    WebFile(name: "samples.js", bytes: PackageResources.samples_js),
    WebFile(name: "session.js", bytes: PackageResources.session_js),
    WebFile(name: "sources.js", bytes: PackageResources.sources_js),
    WebFile(name: "stopwatch.js", bytes: PackageResources.stopwatch_js),
    WebFile(name: "tables.js", bytes: PackageResources.tables_js),
  ]
}
