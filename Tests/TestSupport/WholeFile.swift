import Glibc

/// Everything that a file holds.
public enum WholeFile {
  public static func read(_ path: String) throws -> [UInt8] {
    guard let stream = unsafe fopen(path, "r") else { throw ChildProcess.Failure(description: "cannot read \(path): error \(errno)") }
    defer { unsafe fclose(stream) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe fread(&chunk, 1, chunk.count, stream)
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
    }
  }

  public static func text(_ path: String) throws -> String { String(decoding: try read(path), as: UTF8.self) }
}
