import JSON

/// What another session with the vendor would have to hear to take up this one: the messages that made it what it is, and what the client
/// has said since the vendor last understood it, as far as that is recent.
///
/// A value without I/O and clocks; times are milliseconds.
public struct SessionReplay: Sendable {
  public struct Message: Sendable, Equatable {
    public var bytes: [UInt8]
    public var isText: Bool

    public init(_ bytes: [UInt8], isText: Bool) { (self.bytes, self.isText) = (bytes, isText) }
  }

  private struct Said: Sendable {
    var message: Message
    var at: Int64
  }

  private let plan: ReplayPlan
  private let span: Int64
  private let most: Int
  private var scanner: JSONScanner
  private var opening: [Message] = []
  private var openingBytes = 0
  /// In the order in which it was said, from `first` on.
  private var said: [Said] = []
  private var first = 0
  private var saidBytes = 0
  private var keepsake: JSONValue?
  /// Whether all of the opening is kept; where not, no session can take up this one.
  public private(set) var isComplete = true

  /// - Parameters:
  ///   - span: how far back something counts as recent, in milliseconds.
  ///   - most: bytes of the opening, and of what is recent.
  public init(_ plan: ReplayPlan, span: Int64, most: Int) {
    (self.plan, self.span, self.most) = (plan, span, most)
    scanner = JSONScanner(plan.client.paths)
  }

  /// The vendor has been sent a message of the client.
  public mutating func note(_ message: Message, now: Int64) {
    if isOpening(message) {
      openingBytes += message.bytes.count
      guard openingBytes <= most else {
        (isComplete, opening) = (false, [])
        return
      }
      return opening.append(message)
    }
    guard plan.isMarked, span > 0 else { return }
    said.append(Said(message: message, at: now))
    saidBytes += message.bytes.count
    while first < said.count, saidBytes > most || said[first].at < now - span { forgetFirst() }
    if first > 64, first * 2 > said.count {
      said.removeFirst(first)
      first = 0
    }
  }

  private mutating func forgetFirst() {
    saidBytes -= said[first].message.bytes.count
    said[first].message.bytes = []
    first += 1
  }

  private mutating func isOpening(_ message: Message) -> Bool {
    guard !plan.opening.isEmpty, (message.isText ? plan.client.text : plan.client.binary) == .json else { return false }
    scanner.begin()
    scanner.consume(message.bytes)
    return scanner.end() == .complete && plan.opening.anyHolds(in: scanner)
  }

  /// The vendor has understood what was said.
  public mutating func understood() { (said, first, saidBytes) = ([], 0, 0) }

  /// By this value, as JSON, a session goes on where an earlier one ended.
  public mutating func keep(_ keepsake: [UInt8]) { self.keepsake = try? JSONValue.parse(keepsake) }

  /// What makes the next session what this one is.
  public func openingMessages() -> [Message] {
    guard let keepsake, let path = plan.resume, let first = opening.first, var value = try? JSONValue.parse(first.bytes) else {
      return opening
    }
    value.set(keepsake, at: path.text)
    return [Message(value.serialize(), isText: first.isText)] + opening.dropFirst()
  }

  /// What is to be said again behind that, in its order.
  public func recent(now: Int64) -> [Message] { said[first...].filter { $0.at >= now - span }.map(\.message) }
}
