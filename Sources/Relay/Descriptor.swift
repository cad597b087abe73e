import CLinux

/// Sole owner of an open file descriptor; closes it when dropped.
public struct Descriptor: ~Copyable, Sendable {
  /// The number the kernel knows it by; valid while this value lives.
  public let rawValue: Int32

  /// Takes over `descriptor`; nobody else may close it.
  public init(adopting descriptor: Int32) {
    rawValue = descriptor
  }

  /// A second descriptor of the same open socket, closed on exec; nil when the process has none left.
  public init?(duplicating descriptor: Int32) {
    let copy = clinux_duplicate(descriptor)
    guard copy >= 0 else { return nil }
    self.init(adopting: copy)
  }

  /// Gives the descriptor up without closing it.
  public consuming func release() -> Int32 {
    let descriptor = rawValue
    discard self
    return descriptor
  }

  deinit {
    close(rawValue)
  }
}
