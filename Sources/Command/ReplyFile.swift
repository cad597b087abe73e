import ArgumentParser
import Glibc
import Vendors

/// Where a call's returned audio goes.
struct ReplyFile {
  private let path: String?
  private let stem: String

  /// - Parameters:
  ///   - recording: whose name it gets, unless it has one.
  ///   - path: given by the user.
  init(beside recording: String, named path: String?) {
    self.path = path
    let name = recording.split(separator: "/").last.map(String.init) ?? recording
    stem = name.lowercased().hasSuffix(".wav") ? String(name.dropLast(4)) : name
  }

  /// Writes a WAV file, or the bytes as they came where they are packets or a container.
  ///
  /// - Returns: the path; nil where there is nothing to write.
  func write(_ reply: CallReport.Reply) throws -> String? {
    guard !reply.bytes.isEmpty else { return nil }
    let (bytes, suffix) = Self.contents(reply)
    let path = path ?? "\(stem).reply.\(suffix)"
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure(path) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw Self.failure(path) }
      rest = rest.dropFirst(count)
    }
    return path
  }

  private static func contents(_ reply: CallReport.Reply) -> (bytes: [UInt8], suffix: String) {
    let file = WAVFile(format: reply.format, audio: reply.bytes)
    guard reply.format.encoding.isRaw else { return (reply.bytes, reply.format.encoding.rawValue) }
    if let bytes = file.bytes { return (bytes, "wav") }
    return (WAVFile(samples: file.samples, rate: reply.format.rate).bytes ?? reply.bytes, "wav")
  }

  private static func failure(_ path: String) -> ExitCode {
    Console.problem("error: '\(path)' cannot be written: \(unsafe String(cString: strerror(errno)))")
    return ExitCode.failure
  }
}
