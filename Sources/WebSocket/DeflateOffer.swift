/// The parameters of one `permessage-deflate` in `Sec-WebSocket-Extensions`, checked (RFC 7692 section 7.1).
///
/// Offers and answers share the grammar, except that an answer's `client_max_window_bits` needs a value (section 7.1.2.2).
public struct DeflateOffer: Sendable, Equatable {
  /// How `client_max_window_bits` stands in an offer.
  public enum ClientWindow: Sendable, Equatable {
    /// The client does not understand the parameter, so an answer must not have it.
    case absent
    /// Without a value: the client obeys whatever the server answers.
    case unlimited
    /// The client will not use more than this, and obeys less.
    case bits(Int)
  }

  public var serverNoContextTakeover: Bool
  public var clientNoContextTakeover: Bool
  /// nil when the parameter is absent.
  public var serverMaxWindowBits: Int?
  public var clientMaxWindowBits: ClientWindow

  public init(
    serverNoContextTakeover: Bool = false, clientNoContextTakeover: Bool = false, serverMaxWindowBits: Int? = nil,
    clientMaxWindowBits: ClientWindow = .absent
  ) {
    self.serverNoContextTakeover = serverNoContextTakeover
    self.clientNoContextTakeover = clientNoContextTakeover
    self.serverMaxWindowBits = serverMaxWindowBits
    self.clientMaxWindowBits = clientMaxWindowBits
  }

  /// Reads one element of the header.
  ///
  /// - Returns: nil for another extension, and for parameters that are unknown, repeated, or have an invalid value: such an offer is
  ///   declined, and such an answer fails the connection (section 7.1).
  public init?(_ header: ExtensionHeader) {
    guard header.name == DeflateParameters.extensionName,
      Set(header.parameters.map(\.name)).count == header.parameters.count
    else { return nil }
    self.init()
    for parameter in header.parameters {
      switch (parameter.name, parameter.value) {
      case ("server_no_context_takeover", nil): serverNoContextTakeover = true
      case ("client_no_context_takeover", nil): clientNoContextTakeover = true
      case ("server_max_window_bits", let value?):
        guard let bits = Self.window(value) else { return nil }
        serverMaxWindowBits = bits
      case ("client_max_window_bits", nil): clientMaxWindowBits = .unlimited
      case ("client_max_window_bits", let value?):
        guard let bits = Self.window(value) else { return nil }
        clientMaxWindowBits = .bits(bits)
      default: return nil
      }
    }
  }

  /// "A decimal integer value without leading zeroes between 8 and 15, inclusive" (section 7.1.2.1).
  private static func window(_ value: String) -> Int? {
    DeflateParameters.windowRange.first { String($0) == value }
  }

  /// The element as it stands in the header.
  public var header: ExtensionHeader {
    var parameters: [ExtensionHeader.Parameter] = []
    if serverNoContextTakeover { parameters.append(.init("server_no_context_takeover")) }
    if clientNoContextTakeover { parameters.append(.init("client_no_context_takeover")) }
    if let bits = serverMaxWindowBits { parameters.append(.init("server_max_window_bits", String(bits))) }
    switch clientMaxWindowBits {
    case .absent: break
    case .unlimited: parameters.append(.init("client_max_window_bits"))
    case .bits(let bits): parameters.append(.init("client_max_window_bits", String(bits)))
    }
    return ExtensionHeader(name: DeflateParameters.extensionName, parameters: parameters)
  }
}
