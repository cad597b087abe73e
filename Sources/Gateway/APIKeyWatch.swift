import Configuration
import Guards
import Logging
import Synchronization

/// A file of API keys that is read again when it changes, for the guard that goes by it.
final class APIKeyWatch: Sendable {
  private struct State {
    var file: APIKeyFile
    /// What was last said about it, so that the same is not said every time.
    var problem: String?
  }

  /// Of the method in the route table.
  let name: String
  private let keys: APIKeyGuard
  private let state: Mutex<State>

  /// - Parameter file: read once already; the guard has what it said then, or what it says now.
  init(_ name: String, _ keys: APIKeyGuard, file: APIKeyFile) {
    self.name = name
    self.keys = keys
    state = Mutex(State(file: file))
  }

  /// Looks at the file, and lets the guard go by it if it is another than before and can be used. Blocks.
  ///
  /// A file that cannot be used changes nothing: a slip of the pen must not lock everybody out.
  func refresh(_ logger: Logger) {
    _ = state.withLockIfAvailable { state in
      do throws(FileError) {
        guard let loading = try state.file.read() else { return }
        guard let keys = loading.keys else { return complain(loading.diagnostics.map(\.headline).joined(separator: "; "), &state, logger) }
        self.keys.replace(keys)
        state.problem = nil
        logger.notice("api keys replaced", metadata: ["authentication": "\(name)", "keys": .stringConvertible(keys.keys.count)])
      } catch {
        complain("\(error)", &state, logger)
      }
    }
  }

  private func complain(_ problem: String, _ state: inout State, _ logger: Logger) {
    guard problem != state.problem else { return }
    state.problem = problem
    logger.error("api keys not replaced", metadata: ["authentication": "\(name)", "error": "\(problem)"])
  }
}
