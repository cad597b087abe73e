import Glibc

/// One line on a terminal's standard error that is written over; nothing anywhere else.
struct ProgressLine {
  private let isOn = Console.isTerminal
  private var isShown = false

  mutating func show(_ text: String) {
    guard isOn else { return }
    isShown = true
    write("\r\u{1B}[K  \(text)")
  }

  mutating func clear() {
    guard isShown else { return }
    isShown = false
    write("\r\u{1B}[K")
  }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
