import Glibc

/// Where log lines go.
public struct LogSink: Sendable {
  /// Whether a person is looking.
  public let isTerminal: Bool
  private let write: @Sendable ([UInt8]) -> Bool

  /// - Parameter write: takes one whole line with its line feed; false when it could not be written.
  public init(isTerminal: Bool = false, write: @escaping @Sendable ([UInt8]) -> Bool) {
    self.isTerminal = isTerminal
    self.write = write
  }

  public static let standardOutput = LogSink(descriptor: STDOUT_FILENO)
  public static let standardError = LogSink(descriptor: STDERR_FILENO)

  /// An open descriptor, which stays the caller's to close.
  public init(descriptor: Int32) {
    let writer = DescriptorWriter(descriptor)
    self.init(isTerminal: isatty(descriptor) == 1) { writer.write($0) }
  }

  /// False when the line was lost.
  @discardableResult
  public func callAsFunction(_ line: [UInt8]) -> Bool { write(line) }
}
