/// What both ends of a connection agreed on for permessage-deflate (RFC 7692 section 7.1).
///
/// "Server" and "client" name the compressing end: `serverMaxWindowBits` bounds what the server's messages refer back to.
public struct DeflateParameters: Sendable, Hashable {
  /// The name of the extension in `Sec-WebSocket-Extensions`.
  public static let extensionName = "permessage-deflate"

  /// Windows that the protocol knows, as powers of two in bytes (sections 7.1.2.1 and 7.1.2.2).
  public static let windowRange = 8...15

  /// The smallest window our compressor honours: zlib has no raw deflate with 8 bits and silently uses 9 in its place.
  public static let smallestSendingWindow = 9

  /// No message of the server refers to an earlier one.
  public var serverNoContextTakeover: Bool
  /// No message of the client refers to an earlier one.
  public var clientNoContextTakeover: Bool
  /// 8...15. Absent from the header it is 15.
  public var serverMaxWindowBits: Int
  /// 8...15. Absent from the header it is 15.
  public var clientMaxWindowBits: Int

  public init(
    serverNoContextTakeover: Bool = false, clientNoContextTakeover: Bool = false, serverMaxWindowBits: Int = 15,
    clientMaxWindowBits: Int = 15
  ) {
    self.serverNoContextTakeover = serverNoContextTakeover
    self.clientNoContextTakeover = clientNoContextTakeover
    self.serverMaxWindowBits = serverMaxWindowBits
    self.clientMaxWindowBits = clientMaxWindowBits
  }

  /// The window of what that end sends.
  public func windowBits(of sender: Role) -> Int {
    sender == .server ? serverMaxWindowBits : clientMaxWindowBits
  }

  /// Whether what that end sends may refer to its earlier messages.
  public func contextTakeover(of sender: Role) -> Bool {
    sender == .server ? !serverNoContextTakeover : !clientNoContextTakeover
  }

  /// Whether compressed messages of a sender bound by these parameters may go on, unchanged and all of them, over a connection with
  /// `others`, where the relay plays the same role.
  ///
  /// The relay's own messages must then go uncompressed on that connection, or they would shift the window.
  public func allowsPassage(to others: DeflateParameters, from sender: Role) -> Bool {
    windowBits(of: sender) <= others.windowBits(of: sender)
      && (others.contextTakeover(of: sender) || !contextTakeover(of: sender))
  }
}

extension DeflateParameters {
  /// The compressor for what `role` sends.
  public func deflater(for role: Role, settings: DeflateSettings) -> Deflater {
    Deflater(
      windowBits: windowBits(of: role), contextTakeover: contextTakeover(of: role), level: settings.level,
      memoryLevel: settings.memoryLevel, minimumSize: settings.minimumSize, textOnly: settings.textOnly)
  }

  /// The decompressor for what `role` receives.
  public func inflater(for role: Role, limits: DeflateLimits = DeflateLimits()) -> Inflater {
    Inflater(windowBits: windowBits(of: role.peer), contextTakeover: contextTakeover(of: role.peer), limits: limits)
  }
}
