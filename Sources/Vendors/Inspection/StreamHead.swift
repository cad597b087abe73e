/// The first bytes of a stream of audio, kept until they tell whether it is a container.
struct StreamHead: Sendable {
  /// What the declared format says of the first bytes.
  enum Expectation: Sendable, Equatable {
    case unknown
    /// Samples from the first byte on.
    case raw
    /// One of these; any where there are none.
    case container([ContainerMagic])
  }

  /// Enough to tell every container.
  static let magicCount = 12
  /// A WAV header with long lists before its samples is not followed further.
  static let longestHeader = 4096

  private(set) var expectation: Expectation
  private var bytes: [UInt8] = []
  private var isMagicKnown = false
  private var isSealed = false
  /// Whether more bytes are wanted.
  private(set) var isOpen: Bool
  /// The format that a WAV header names, and the header's length.
  private(set) var header: WAVHeader?

  init(_ expectation: Expectation) {
    self.expectation = expectation
    isOpen = expectation != .unknown
  }

  /// Takes the next bytes of the stream while it is open.
  mutating func take(_ run: UnsafeRawBufferPointer) {
    let limit = expectation == .raw ? Self.magicCount : Self.longestHeader
    unsafe bytes.append(contentsOf: run.prefix(limit - bytes.count))
  }

  /// What follows the bytes so far was not kept: they have to tell by themselves.
  mutating func seal() { isSealed = true }

  /// Nothing more can be known.
  mutating func close() {
    isOpen = false
    bytes = []
  }

  /// What the bytes so far are that they should not be.
  mutating func judge() -> AudioViolation? {
    defer { if isSealed { close() } }
    guard isOpen, bytes.count >= Self.magicCount else { return nil }
    if !isMagicKnown {
      isMagicKnown = true
      let container = expectation == .raw ? Self.containerAmongSamples(bytes) : Self.container(bytes)
      // Only a WAV header says more.
      defer { if container != ContainerMagic.wav.rawValue || expectation == .raw { close() } }
      if let violation = violation(of: container) { return violation }
    }
    guard isOpen else { return nil }
    do throws(WAVError) {
      header = try WAVHeader(reading: bytes)
      close()
    } catch {
      if error != .truncated || bytes.count >= Self.longestHeader { close() }
    }
    return nil
  }

  private func violation(of container: String?) -> AudioViolation? {
    let found = "a stream that begins as \(container ?? "no container") does"
    switch expectation {
    case .raw where container != nil:
      return AudioViolation(.unexpectedContainer, found: found, expected: "samples from the first byte on")
    case .container(let wanted) where container == nil || !wanted.isEmpty && !wanted.contains { $0.rawValue == container }:
      let names = wanted.isEmpty ? "a container such as wav, ogg or webm" : wanted.map(\.rawValue).joined(separator: " or ")
      return AudioViolation(.missingContainer, found: found, expected: names)
    default: return nil
    }
  }

  /// The name of the container that the bytes begin.
  private static func container(_ bytes: [UInt8]) -> String? {
    if let magic = ContainerMagic.sniff(bytes) { return magic.rawValue }
    func has(_ text: String, at offset: Int = 0) -> Bool { bytes[offset...].starts(with: text.utf8) }
    if has("FORM") && (has("AIFF", at: 8) || has("AIFC", at: 8)) { return "aiff" }
    if has("caff") { return "caf" }
    if has(".snd") { return "au" }
    if bytes.starts(with: [0x30, 0x26, 0xB2, 0x75]) { return "asf" }
    // An ADTS frame: twelve bits of sync, and layer 0.
    if bytes[0] == 0xFF, bytes[1] & 0xF6 == 0xF0 { return "aac" }
    return nil
  }

  /// The same where samples are expected, which must not be taken for a container: the eleven bits that begin an MPEG frame are also two
  /// soft samples, so that only signatures of four bytes and more count.
  private static func containerAmongSamples(_ bytes: [UInt8]) -> String? {
    guard let magic = ContainerMagic.sniff(bytes) else { return nil }
    guard magic == .mp3 else { return magic.rawValue }
    // ID3v2: version, flags and four bytes of length below 128 follow.
    let isTag = bytes.starts(with: "ID3".utf8) && bytes[3] < 5 && bytes[5] & 0x0F == 0 && bytes[6..<10].allSatisfy { $0 < 0x80 }
    return isTag ? magic.rawValue : nil
  }
}
