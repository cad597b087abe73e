import Configuration
import Glibc

/// A file of API keys that is read again when it changes.
public struct APIKeyFile: Sendable {
  public let path: String
  /// What tells one state of the file from another: size, time of the last change, and which file it is.
  private var stamp: [Int64]?

  public init(_ path: String) {
    self.path = path
  }

  /// Reads the file, if it is another than at the last call. Blocks.
  ///
  /// - Returns: nil when it is the same.
  /// - Throws: when there is no file to read; the next call tries again.
  public mutating func read() throws(FileError) -> APIKeySet.Loading? {
    let stamp = Self.stamp(of: path)
    if let stamp, stamp == self.stamp { return nil }
    self.stamp = nil
    let bytes = try SmallFile.read(path)
    // Of the state before reading: a change meanwhile is seen next time.
    self.stamp = stamp
    return APIKeySet.load(bytes, file: path)
  }

  private static func stamp(of path: String) -> [Int64]? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return [
      Int64(truncatingIfNeeded: status.st_ino), Int64(status.st_size), Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec),
    ]
  }
}
