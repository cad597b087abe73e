import Logging
import Synchronization
@testable import Telemetry

/// Lines a logger wrote, kept for a test.
final class Lines: Sendable {
  private let stored = Mutex<[String]>([])

  var sink: LogSink {
    LogSink { [self] line in
      stored.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
      return true
    }
  }

  var all: [String] { stored.withLock { $0 } }

  func logger(
    _ format: LogFormat = .json, label: String = "voxgate", level: Logger.Level = .trace, at milliseconds: Int64 = 1_795_762_566_123
  ) -> Logger {
    Logger(label: label) { _ in
      JSONLogHandler(label: label, format: format, level: level, sink: self.sink, clock: { Timestamp(milliseconds: milliseconds) })
    }
  }
}
