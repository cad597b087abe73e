import Configuration
import Logging
import ServiceLifecycle
import Telemetry
import UnixSignals

/// The process's log, and running services under it until a signal.
enum Log {
  /// - Parameter lost: counts the lines that could not be written.
  static func logger(_ settings: LogSettings, lost: Counter = Counter()) -> Logger {
    let format: LogFormat =
      switch settings.format {
      case .json: .json
      case .text: .text
      case nil: .automatic(.standardError)
      }
    let level = Logger.Level(rawValue: settings.level.rawValue) ?? .info
    return Logger(label: "voxgate") { _ in JSONLogHandler(format: format, level: level, lost: lost) }
  }

  /// SIGTERM and SIGINT end the services in order.
  static func run(_ services: [any Service], _ logger: Logger) async throws {
    // The group's own messages are no concern of operators unless something goes wrong.
    var quiet = logger
    quiet.logLevel = max(.warning, logger.logLevel)
    try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet).run()
  }
}
