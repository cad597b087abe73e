/// What an endpoint wants of permessage-deflate (RFC 7692): its side of the negotiation, and how it compresses.
///
/// The same for both roles; numbers out of range are moved to the nearest end of it.
public struct DeflateSettings: Sendable, Equatable {
  /// Whether to accept offers, or to make one.
  public let isEnabled: Bool
  /// The server's messages are to stand alone. Costs ratio; both ends may then free the memory between messages.
  public let serverNoContextTakeover: Bool
  /// The client's messages are to stand alone.
  public let clientNoContextTakeover: Bool
  /// Largest window of what the server sends, 8...15.
  public let serverMaxWindowBits: Int
  /// Largest window of what the client sends, 8...15.
  public let clientMaxWindowBits: Int
  /// zlib's level, 0 (stored) to 9 (smallest).
  public let level: Int
  /// zlib's memLevel, 1...9; nil follows the agreed window, as `Deflater.memoryLevel(windowBits:)` says.
  public let memoryLevel: Int?
  /// Smaller messages are sent uncompressed, bytes.
  public let minimumSize: Int
  /// Binary messages are sent uncompressed: they are audio, which deflate does not make smaller.
  public let textOnly: Bool

  public init(
    isEnabled: Bool = true, serverNoContextTakeover: Bool = false, clientNoContextTakeover: Bool = false,
    serverMaxWindowBits: Int = 15, clientMaxWindowBits: Int = 15, level: Int = 1, memoryLevel: Int? = nil, minimumSize: Int = 256,
    textOnly: Bool = true
  ) {
    let windows = DeflateParameters.windowRange
    self.isEnabled = isEnabled
    self.serverNoContextTakeover = serverNoContextTakeover
    self.clientNoContextTakeover = clientNoContextTakeover
    self.serverMaxWindowBits = min(max(serverMaxWindowBits, windows.lowerBound), windows.upperBound)
    self.clientMaxWindowBits = min(max(clientMaxWindowBits, windows.lowerBound), windows.upperBound)
    self.level = min(max(level, 0), 9)
    self.memoryLevel = memoryLevel.map { min(max($0, 1), 9) }
    self.minimumSize = max(0, minimumSize)
    self.textOnly = textOnly
  }
}

// MARK: The server's side

extension DeflateSettings {
  /// What a server agrees to, and how it says so.
  public struct Agreement: Sendable, Equatable {
    public let parameters: DeflateParameters
    /// For the 101 response.
    public let header: ExtensionHeader

    public init(parameters: DeflateParameters, header: ExtensionHeader) {
      self.parameters = parameters
      self.header = header
    }
  }

  /// A server's choice among a client's offers, in the client's order of preference (RFC 7692 section 5.1).
  ///
  /// - Parameter offers: all extensions that the client named; others than permessage-deflate are passed over.
  /// - Returns: nil when no offer can be accepted, or compression is off: the connection then goes without.
  public func agreement(offers: [ExtensionHeader]) -> Agreement? {
    guard isEnabled else { return nil }
    for header in offers {
      if let offer = DeflateOffer(header), let found = agreement(offer) { return found }
    }
    return nil
  }

  private func agreement(_ offer: DeflateOffer) -> Agreement? {
    let smallest = DeflateParameters.smallestSendingWindow
    // Section 7.1: a configuration that the server does not support is declined.
    if let wanted = offer.serverMaxWindowBits, wanted < smallest { return nil }
    let serverBits = min(offer.serverMaxWindowBits ?? 15, max(serverMaxWindowBits, smallest))
    // Section 7.1.2.2: a client that did not mention the parameter cannot be limited; it has up to 15.
    let clientBits =
      switch offer.clientMaxWindowBits {
      case .absent: 15
      case .unlimited: clientMaxWindowBits
      case .bits(let bits): min(bits, clientMaxWindowBits)
      }
    let parameters = DeflateParameters(
      serverNoContextTakeover: offer.serverNoContextTakeover || serverNoContextTakeover,
      // Section 7.1.1.2: an offer that has it says that the client will do so in any case.
      clientNoContextTakeover: offer.clientNoContextTakeover || clientNoContextTakeover,
      serverMaxWindowBits: serverBits, clientMaxWindowBits: clientBits)
    // Section 7.1.2.1: the answer to a wanted window must name one; without it, one may be named.
    let namesServerWindow = offer.serverMaxWindowBits != nil || serverBits < 15
    let answer = DeflateOffer(
      serverNoContextTakeover: parameters.serverNoContextTakeover, clientNoContextTakeover: parameters.clientNoContextTakeover,
      serverMaxWindowBits: namesServerWindow ? serverBits : nil, clientMaxWindowBits: clientBits < 15 ? .bits(clientBits) : .absent)
    return Agreement(parameters: parameters, header: answer.header)
  }
}

// MARK: The client's side

extension DeflateSettings {
  /// What a client offers; nil when compression is off.
  public var offer: ExtensionHeader? { isEnabled ? ownOffer.header : nil }

  private var ownOffer: DeflateOffer {
    let own = max(clientMaxWindowBits, DeflateParameters.smallestSendingWindow)
    return DeflateOffer(
      serverNoContextTakeover: serverNoContextTakeover, clientNoContextTakeover: clientNoContextTakeover,
      serverMaxWindowBits: serverMaxWindowBits < 15 ? serverMaxWindowBits : nil,
      clientMaxWindowBits: own < 15 ? .bits(own) : .unlimited)
  }

  /// A client's check of the server's answer to `offer` (RFC 7692 sections 5.1 and 7.1).
  ///
  /// - Parameter answer: all extensions that the server named; others than permessage-deflate are passed over.
  /// - Returns: nil when the server declined: the connection goes without compression.
  /// - Throws: what makes the answer none to this offer. The connection must then be failed.
  public func agreement(answer: [ExtensionHeader]) throws(DeflateAnswerError) -> DeflateParameters? {
    let headers = answer.filter { $0.name == DeflateParameters.extensionName }
    guard let header = headers.first else { return nil }
    guard isEnabled else { throw .notOffered }
    guard headers.count == 1 else { throw .repeated }
    guard let found = DeflateOffer(header), found.clientMaxWindowBits != .unlimited else { throw .parameters }
    let offered = ownOffer

    // Sections 7.1.1.1 and 7.1.2.1: a server accepts what was asked of it by repeating it.
    guard found.serverNoContextTakeover || !offered.serverNoContextTakeover else { throw .serverContextTakeover }
    let serverBits = found.serverMaxWindowBits ?? 15
    guard serverBits <= offered.serverMaxWindowBits ?? 15 else { throw .serverWindow }

    let own: Int
    switch (offered.clientMaxWindowBits, found.clientMaxWindowBits) {
    case (.absent, .bits): throw .clientWindow
    case (.bits(let limit), .bits(let bits)):
      // Section 7.1.2.2: "equal to or smaller than the received value".
      guard bits <= limit else { throw .clientWindow }
      own = bits
    case (_, .bits(let bits)): own = bits
    case (.bits(let limit), _): own = limit
    default: own = 15
    }
    guard own >= DeflateParameters.smallestSendingWindow else { throw .unsupportedWindow }
    return DeflateParameters(
      serverNoContextTakeover: found.serverNoContextTakeover,
      clientNoContextTakeover: found.clientNoContextTakeover || clientNoContextTakeover,
      serverMaxWindowBits: serverBits, clientMaxWindowBits: own)
  }
}
