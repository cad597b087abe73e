import COpenSSL
import Glibc
import Synchronization

/// One client context for all who trust alike, for as long as somebody has it: sessions that can be resumed outlive a change of whatever
/// else is configured. Files that have changed, trust among them, make another one, which begins without any.
public final class ClientContexts: Sendable {
  private struct Entry {
    weak var context: TLSContext?
    /// Of the files that it was made from.
    let stamps: [FileStamp?]
  }

  private let entries = Mutex<[ClientSettings: Entry]>([:])

  public init() {}

  /// - Throws: what `TLSContext(client:)` throws.
  public func context(for settings: ClientSettings) throws(TLSError) -> TLSContext {
    // Stamped before reading: a change in between makes another context the next time.
    let stamps = settings.files.map { FileStamp(path: $0) }
    if let kept = entries.withLock({ $0[settings].flatMap { $0.stamps == stamps ? $0.context : nil } }) { return kept }
    let context = try TLSContext(client: settings)
    entries.withLock { entries in
      entries = entries.filter { $0.value.context != nil }
      entries[settings] = Entry(context: context, stamps: stamps)
    }
    return context
  }
}

extension ClientSettings {
  /// What a context of these settings is read from.
  fileprivate var files: [String] {
    let trusted: [String] =
      switch trust {
      case .only(let authorities): [authorities.path].compactMap { $0 }
      case .system:
        // Where `SSL_CTX_set_default_verify_paths` looks.
        unsafe [
          Self.place(X509_get_default_cert_file_env(), X509_get_default_cert_file()),
          Self.place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()),
        ].compactMap { $0 }
      }
    return trusted + [identity?.certificate.path, identity?.key.path].compactMap { $0 }
  }

  private static func place(_ variable: UnsafePointer<CChar>?, _ usual: UnsafePointer<CChar>?) -> String? {
    if let variable = unsafe variable, let named = unsafe getenv(variable) { return unsafe String(cString: named) }
    return unsafe usual.map { unsafe String(cString: $0) }
  }
}
