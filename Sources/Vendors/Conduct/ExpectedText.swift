/// Tells whether a message that comes in pieces is a given text, without keeping it.
struct ExpectedText: Sendable, Equatable {
  private let text: [UInt8]
  private var count = 0
  private var isSame = true

  init(_ text: String) { self.text = Array(text.utf8) }

  mutating func begin() {
    count = 0
    isSame = true
  }

  mutating func consume(_ run: UnsafeRawBufferPointer) {
    guard isSame, run.count <= text.count - count else { return isSame = false }
    isSame = unsafe run.elementsEqual(text[count..<(count + run.count)])
    count += run.count
  }

  /// Whether it was the text, whole.
  var holds: Bool { isSame && count == text.count }
}
