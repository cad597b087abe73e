import COpenSSL
import Glibc

/// Certificates or a key in PEM form: in a file, or in memory. Printing one shows the path, never the text, which may be a key.
public enum PEM: Sendable, Hashable {
  case file(String)
  case text(String)

  /// Path of the file, or `inline`.
  public var label: String {
    switch self {
    case .file(let path): path
    case .text: "inline"
    }
  }

  var path: String? {
    if case .file(let path) = self { path } else { nil }
  }
}

extension PEM: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { label }
  public var debugDescription: String { label }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension PEM {
  /// A bundle of the system's size (200 KB) fits many times; a wrong path to something huge does not.
  static let maximumBytes = 8 << 20

  func bytes() throws(TLSError) -> [UInt8] {
    switch self {
    case .text(let text): return Array(text.utf8)
    case .file(let path): return try PEM.readFile(path)
    }
  }

  /// Every certificate of the source in order; at least one.
  func certificates() throws(TLSError) -> [Certificate] {
    try unsafe parse { bio throws(TLSError) in
      var found: [Certificate] = []
      ERR_clear_error()
      while let certificate = unsafe PEM_read_bio_X509(bio, nil, refusePassphrase, nil) {
        found.append(unsafe Certificate(adopting: certificate))
      }
      // The loop always ends on an error; anything but "no further BEGIN line" is a damaged certificate.
      let code = ERR_peek_last_error()
      let ended = COpenSSL_ERR_GET_REASON(code) == PEM_R_NO_START_LINE
      if !ended { throw TLSError.file(path: label, reason: "damaged certificate: \(TLSError.queuedReason())") }
      ERR_clear_error()
      if found.isEmpty { throw TLSError.file(path: label, reason: "no certificate found, expected PEM") }
      return found
    }
  }

  /// The first private key of the source. A key under a passphrase is refused: nobody is there to type it.
  func privateKey() throws(TLSError) -> PrivateKey {
    try unsafe parse { bio throws(TLSError) in
      ERR_clear_error()
      guard let key = unsafe PEM_read_bio_PrivateKey(bio, nil, refusePassphrase, nil) else {
        let code = ERR_peek_last_error()
        let reason = TLSError.queuedReason()
        if COpenSSL_ERR_GET_REASON(code) == PEM_R_BAD_PASSWORD_READ || reason.contains("interrupted") {
          throw TLSError.file(path: label, reason: "private key is encrypted, expected one without a passphrase")
        }
        throw TLSError.file(path: label, reason: "no usable private key found, expected PEM")
      }
      return unsafe PrivateKey(adopting: key)
    }
  }

  private func parse<T>(_ body: (OpaquePointer) throws(TLSError) -> T) throws(TLSError) -> T {
    let bytes = try bytes()
    guard !bytes.isEmpty else { throw TLSError.file(path: label, reason: "is empty, expected PEM") }
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw TLSError.setting(reason: "out of memory") }
    defer { unsafe BIO_free_all(bio) }
    _ = unsafe bytes.withUnsafeBytes { unsafe BIO_write(bio, $0.baseAddress, Int32(clamping: $0.count)) }
    return try unsafe body(bio)
  }

  private static func readFile(_ path: String) throws(TLSError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TLSError.file(path: path, reason: lastSystemError()) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw TLSError.file(path: path, reason: lastSystemError())
      }
      bytes.append(contentsOf: chunk[..<count])
      if bytes.count > maximumBytes { throw TLSError.file(path: path, reason: "is larger than \(maximumBytes) bytes") }
    }
  }
}

/// Text of `errno`, lower case as all our error texts.
func lastSystemError() -> String {
  guard let text = unsafe strerror(errno) else { return "error \(errno)" }
  return unsafe String(cString: text).lowercased()
}

/// OpenSSL would otherwise ask for a passphrase on the terminal.
private let refusePassphrase: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
  _, _, _, _ in -1
}
