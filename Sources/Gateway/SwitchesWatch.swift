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
  }

  let path: String
  private let switches: KillSwitches
  private let state = Mutex(State())

  init(_ path: String, _ switches: KillSwitches) {
    self.path = path
    self.switches = switches
  }

  /// Looks at the file. Blocks, so it is not for an event loop.
  ///
  /// No file turns nothing off. One that cannot be read changes nothing.
  ///
  /// - Parameter routes: paths of the routes there are, to tell of those that are none.
  func refresh(_ logger: Logger, routes: Set<String>) {
    state.withLock { state in
      do throws(FileError) {
        let isThere = SmallFile.mode(of: path) != nil
        let file = SwitchesFile(isThere ? String(decoding: try SmallFile.read(path, limit: 64 << 10), as: UTF8.self) : "")
        guard file != state.file else { return }
        let isFirst = state.file == nil
        state = State(file: file)
        switches.replace(gateway: !file.isAllOff, off: file.routes, by: .file)
        if !isFirst || file != SwitchesFile("") {
          let off = (file.isAllOff ? ["all"] : []) + file.routes.sorted()
          logger.notice("switches file", metadata: ["off": "\(off.joined(separator: " "))"])
        }
        let unknown = file.routes.subtracting(routes).sorted().map { "no route '\($0)'" }
        for problem in file.problems + unknown { logger.error("switches file", metadata: ["path": "\(path)", "error": "\(problem)"]) }
      } catch {
        guard error.description != state.problem else { return }
        state.problem = error.description
        logger.error("switches file", metadata: ["path": "\(path)", "error": "\(error)"])
      }
    }
  }
}
