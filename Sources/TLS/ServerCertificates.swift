import Glibc
import Synchronization

/// A listener's certificate and key, re-read when their files change. Connections made before a change keep the context they began with.
public final class ServerCertificates: Sendable {
  private struct State {
    var context: TLSContext
    /// Of the last look.
    var stamps: [FileStamp?]
    /// Of what the context was made from.
    var loaded: [FileStamp?]
  }

  private let settings: ServerSettings
  private let paths: [String]
  private let state: Mutex<State>

  /// - Throws: what `TLSContext(server:)` throws.
  public init(_ settings: ServerSettings) throws(TLSError) {
    self.settings = settings
    paths = [settings.identity.certificate, settings.identity.key, settings.clientCertificates.authorities].compactMap { $0?.path }
    // Stamped before reading: a change in between is seen by the next look.
    let stamps = paths.map { FileStamp(path: $0) }
    state = Mutex(State(context: try TLSContext(server: settings), stamps: stamps, loaded: stamps))
  }

  /// Where the certificate is from.
  public var certificateFile: String { settings.identity.certificate.label }

  /// The context for the next connection.
  public var current: TLSContext { state.withLock { $0.context } }

  /// Whether the context is made from the files as they are now.
  public var isCurrent: Bool {
    let stamps = paths.map { FileStamp(path: $0) }
    return state.withLock { $0.loaded == stamps }
  }

  /// Looks at certificate, key and client CA file (through symbolic links) and swaps the context when one of them has another time, size or
  /// inode than at the last look. A pair that cannot be used changes nothing and is reported once; the next change is tried again.
  /// - Returns: whether a new context is in place.
  /// - Throws: `.file` with the file at fault and the reason.
  @discardableResult
  public func refreshIfChanged() throws(TLSError) -> Bool {
    let stamps = paths.map { FileStamp(path: $0) }
    let changed = state.withLock { state in
      if state.stamps == stamps { return false }
      state.stamps = stamps
      return true
    }
    guard changed else { return false }
    let context = try TLSContext(server: settings)
    state.withLock { state in
      state.context = context
      state.loaded = stamps
    }
    return true
  }
}

/// What tells one version of a file from the next.
struct FileStamp: Equatable, Sendable {
  let seconds: Int
  let nanoseconds: Int
  let size: Int
  let inode: UInt
  let device: UInt

  /// nil when the file cannot be looked at.
  init?(path: String) {
    var info = stat()
    guard unsafe stat(path, &info) == 0 else { return nil }
    seconds = info.st_mtim.tv_sec
    nanoseconds = info.st_mtim.tv_nsec
    size = info.st_size
    inode = info.st_ino
    device = info.st_dev
  }
}
