import Guards

/// The files of one page: its document and what that loads, under a folder of its own.
struct WebPages: Sendable {
  /// At `/`; opens sockets, listens to the microphone and plays what comes back.
  static let playground = WebPages(
    document: "playground.html", folder: "/playground/",
    files: [
      "capture.js", "closes.js", "closes.json", "ear.js", "elements.js", "framing.js", "icon.svg", "journal.js", "message.js", "meter.js",
      "page.css", "player.js", "playground.css", "playground.js", "resampler.js", "route.js", "sample.mp3", "samples.js", "session.js",
      "sources.js", "stopwatch.js",
    ],
    // Not every browser takes 'self' to mean sockets as well.
    connect: "'self' ws: wss:", permissions: "microphone=(self)")

  /// At `/` and `/dashboard` of the operator's address.
  static let dashboard = WebPages(
    document: "dashboard.html", folder: "/dashboard/",
    files: [
      "charts.js", "console.js", "dashboard.css", "dashboard.js", "elements.js", "history.js", "icon.svg", "page.css", "prometheus.js",
      "tables.js",
    ],
    connect: "'self'", permissions: "microphone=()")

  /// Where everything but the document is.
  let folder: String
  private let document: WebFile?
  private let files: [String: WebFile]
  private let headers: [(name: String, value: String)]

  private init(document: String, folder: String, files: [String], connect: String, permissions: String) {
    self.document = WebFile.all.first { $0.name == document }
    self.folder = folder
    self.files = Dictionary(WebFile.all.filter { files.contains($0.name) }.map { ($0.name, $0) }) { first, _ in first }
    headers = [
      (
        SecurityHeaders.contentPolicy,
        """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src \(connect); base-uri 'none'; \
        form-action 'none'; frame-ancestors 'none'
        """
      ),
      ("Permissions-Policy", "camera=(), geolocation=(), \(permissions)"),
      ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
      // Another version of the gateway has another version of each file.
      ("Cache-Control", "no-cache"),
    ]
  }

  /// What a path below the folder answers; nil where there is nothing.
  func file(_ path: String) -> HTTPAnswer? {
    guard path.hasPrefix(folder) else { return nil }
    return files[String(path.dropFirst(folder.count))].map(answer)
  }

  /// The page itself.
  func page() -> HTTPAnswer? { document.map(answer) }

  private func answer(_ file: WebFile) -> HTTPAnswer {
    HTTPAnswer(status: 200, headers: [("Content-Type", file.type)] + headers.map { ($0.name, $0.value) }, body: file.bytes)
  }
}
