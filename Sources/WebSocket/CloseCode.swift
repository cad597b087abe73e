/// Why a connection ends (RFC 6455 section 7.4 and the IANA registry of WebSocket close codes).
public struct CloseCode: RawRepresentable, Sendable, Hashable {
  public let rawValue: UInt16

  @inlinable
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  public static let normal = CloseCode(rawValue: 1000)
  public static let goingAway = CloseCode(rawValue: 1001)
  public static let protocolError = CloseCode(rawValue: 1002)
  public static let unsupportedData = CloseCode(rawValue: 1003)
  /// Stands for a Close frame without a code; never sent.
  public static let noStatus = CloseCode(rawValue: 1005)
  /// Stands for a connection lost without a Close frame; never sent.
  public static let abnormal = CloseCode(rawValue: 1006)
  public static let invalidPayload = CloseCode(rawValue: 1007)
  public static let policyViolation = CloseCode(rawValue: 1008)
  public static let messageTooBig = CloseCode(rawValue: 1009)
  public static let mandatoryExtension = CloseCode(rawValue: 1010)
  public static let internalError = CloseCode(rawValue: 1011)
  public static let serviceRestart = CloseCode(rawValue: 1012)
  public static let tryAgainLater = CloseCode(rawValue: 1013)
  public static let badGateway = CloseCode(rawValue: 1014)
  /// Stands for a failed TLS handshake; never sent.
  public static let tlsHandshake = CloseCode(rawValue: 1015)

  /// Whether the code may stand in a Close frame.
  ///
  /// 1004-1006 and 1015 are reserved (section 7.4.1), 1012-1014 were registered later; 1016-2999 belong to future protocol revisions,
  /// 3000-3999 to libraries and 4000-4999 to applications (section 7.4.2).
  public var mayTravel: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}

extension CloseCode: CustomStringConvertible {
  public var description: String { String(rawValue) }
}
