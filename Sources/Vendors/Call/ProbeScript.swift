import Configuration
import JSON

/// What a probe says to a vendor behind the 101, and what it waits for: the opening of a call, without its audio. A value without sockets
/// and clocks.
///
/// What it tells of a failure is in the descriptor's words, never in the vendor's.
public struct ProbeScript: Sendable {
  public enum Progress: Sendable, Equatable {
    /// For this message of the vendor.
    case waiting(for: String)
    case ready
    case failed(String)
  }

  /// Parameters that a client adds to the URL's own.
  public let query: [QueryRules.Pair]
  /// Whether nothing but the 101 says that the vendor is ready: a refusal may still come.
  public let isReadyAtOnce: Bool
  public private(set) var progress: Progress
  /// Whether the vendor has said anything but that something is wrong.
  public private(set) var hasHeard = false
  private let vendor: VendorDescriptor
  private let opening: [String]
  private let stages: [MessageMatch]
  private var stage = 0

  /// - Parameter query: of the upstream's URL without a client's wishes.
  public init(_ vendor: VendorDescriptor, query: Query = Query()) {
    let usual = CallFormat(format: AudioFormat(encoding: .pcmS16LE, rate: 16_000))
    let input = vendor.audio.client == nil ? nil : try? CallFormat.input(for: usual.format, query: query, vendor)
    let call = CallOpening(vendor, input: input ?? usual, output: CallFormat.output(query: query, vendor), query: query)
    self.vendor = vendor
    self.query = call.query
    opening = call.messages
    // What nobody can read cannot be waited for.
    if case .stages(let stages) = vendor.lifecycle.ready, vendor.codec.server != .protobuf { self.stages = stages } else { stages = [] }
    isReadyAtOnce = stages.isEmpty
    progress = stages.first.map { .waiting(for: $0.summary) } ?? .ready
  }

  /// What to send as soon as the socket is open, before the vendor's framing is put around it (``frame(_:)``).
  ///
  /// - Parameter credential: that belongs into the first message.
  public func opened(_ credential: UpstreamRequest.FirstMessageCredential?) -> [String] {
    guard let credential else { return opening }
    let first = opening.first.flatMap { try? JSONValue.parse($0) } ?? .object([:])
    return [FirstMessage.placing(credential, in: first).text()] + opening.dropFirst()
  }

  /// One of the messages to send, as it travels.
  public func frame(_ message: String) -> MessageFraming.Frame { vendor.framed(message) }

  /// - Returns: what to answer.
  public mutating func receive(text: String) -> [String] {
    if vendor.codec.server.framing != nil { return receive(Array(text.utf8), isText: true) }
    guard vendor.codec.server.hasJSONText, let message = try? JSONValue.parse(text) else { return [] }
    return take(message)
  }

  private mutating func receive(_ bytes: [UInt8], isText: Bool) -> [String] {
    (try? vendor.codec.server.framing?.open(bytes[...], isText: isText)).map { take($0.json) } ?? []
  }

  private mutating func take(_ message: JSONValue) -> [String] {
    if let rule = vendor.errors.messages.first(where: { $0.match?.matches(message) ?? false }) {
      if rule.fatal { progress = .failed(Self.words(rule, message)) }
      return []
    }
    hasHeard = true
    if stages.indices.contains(stage), stages[stage].matches(message) {
      stage += 1
      progress = stages.indices.contains(stage) ? .waiting(for: stages[stage].summary) : .ready
    }
    return vendor.keepalive.replies.filter { $0.match?.matches(message) ?? false }.compactMap { reply in
      reply.send?.rendered { name in
        guard name.hasPrefix("message."), let path = JSONPath(String(name.dropFirst("message.".count))) else { return nil }
        return path.first(in: message)
      }
    }
  }

  public mutating func receive(binary bytes: [UInt8]) -> [String] {
    if vendor.codec.server.framing != nil { return receive(bytes, isText: false) }
    return vendor.codec.server == .jsonAnyOpcode ? receive(text: String(decoding: bytes, as: UTF8.self)) : []
  }

  /// The vendor has closed.
  ///
  /// - Parameter frame: nil where the connection was lost without one.
  public mutating func closed(_ frame: CloseFrame?) {
    if case .failed = progress { return }
    progress = .failed("\(CallClose.words(frame, vendor.errors, quotesReason: false)), before it was ready")
  }

  /// By the descriptor's class; of the vendor's own only a code that is a number.
  private static func words(_ rule: ErrorRules.Message, _ message: JSONValue) -> String {
    let code = rule.codePath?.first(in: message)?.intValue.map { " (\($0))" } ?? ""
    let words =
      switch rule.kind {
      case .authentication: "the credential was refused behind the upgrade"
      case .quota: "a quota or limit of the vendor's is used up"
      case .retryable: "the vendor asks to try again later"
      case .client: "the vendor refuses what the session opened with"
      case nil: "the vendor reports an error"
      }
    return words + code
  }
}
