import Configuration
import Guards
import Logging
import Synchronization

/// Keeps the kill switches as the switches file says.
final class SwitchesWatch: Sendable {
  private struct State {
    var file: SwitchesFile?
    /// What was last said about it, so that the same is not said every time.
    var problem: String?
    var watch: FileWatch
    /// When the file was last seen to have changed.
    var changed: ContinuousClock.Instant?
  }

  /// A file that changes is let settle for so long: who writes it may empty it first, and an empty one turns everything on.
  static let settling = Duration.milliseconds(200)

  let path: String
  private let switches: KillSwitches
  private let state: Mutex<State>

  init(_ path: String, _ switches: KillSwitches) {
    self.path = path
    self.switches = switches
    state = Mutex(State(watch: FileWatch([path])))
  }

  /// Looks at the file. Blocks, so it is not for an event loop.
  ///
  /// No file turns nothing off. One that cannot be read changes nothing.
  ///
  /// - Parameters:
  ///   - routes: paths of the routes there are, to tell of those that are none.
  ///   - waits: whether a file that has just changed is left for another look.
  /// - Returns: false where it was left.
  @discardableResult
  func refresh(_ logger: Logger, routes: Set<String>, waits: Bool = false, now: ContinuousClock.Instant = .now) -> Bool {
    state.withLock { state in
      if !state.watch.changes().isEmpty { state.changed = now }
      if waits, let changed = state.changed, now - changed < Self.settling { return false }
      do throws(FileError) {
        try take(read(), &state, logger, routes)
      } catch {
        if error.description != state.problem { logger.error("switches file", metadata: ["path": "\(path)", "error": "\(error)"]) }
        state.problem = error.description
      }
      return true
    }
  }

  private func read() throws(FileError) -> SwitchesFile {
    do throws(FileError) {
      return SwitchesFile(String(decoding: try SmallFile.read(path, limit: 64 << 10), as: UTF8.self))
    } catch {
      guard error.isAbsent else { throw error }
      return SwitchesFile("")
    }
  }

  private func take(_ file: SwitchesFile, _ state: inout State, _ logger: Logger, _ routes: Set<String>) {
    state.problem = nil
    guard file != state.file else { return }
    let isFirst = state.file == nil
    state.file = file
    switches.replace(gateway: !file.isAllOff, off: file.routes, by: .file)
    if !isFirst || file != SwitchesFile("") {
      let off = (file.isAllOff ? ["all"] : []) + file.routes.sorted()
      logger.notice("switches file", metadata: ["off": "\(off.joined(separator: " "))"])
    }
    let unknown = file.routes.subtracting(routes).sorted().map { "no route '\($0)'" }
    for problem in file.problems + unknown { logger.error("switches file", metadata: ["path": "\(path)", "error": "\(problem)"]) }
  }
}
