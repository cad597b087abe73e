/// One extension in `Sec-WebSocket-Extensions` (RFC 6455 section 9.1): a name and its parameters, in order.
public struct ExtensionHeader: Sendable, Equatable {
  public struct Parameter: Sendable, Equatable {
    public let name: String
    /// nil for a parameter without `=`.
    public let value: String?

    public init(_ name: String, _ value: String? = nil) {
      self.name = name
      self.value = value
    }
  }

  public let name: String
  public let parameters: [Parameter]

  public init(name: String, parameters: [Parameter] = []) {
    self.name = name
    self.parameters = parameters
  }

  /// Reads the values of all lines of the header, in order.
  ///
  /// - Returns: nil when a line does not follow the grammar, or lists nothing.
  public static func parse(_ values: [String]) -> [ExtensionHeader]? {
    var extensions: [ExtensionHeader] = []
    for value in values {
      var scanner = Scanner(bytes: Array(value.utf8))
      guard let found = scanner.list() else { return nil }
      extensions += found
    }
    return extensions
  }

  /// The extension as it stands in a header line. A value that is no token is quoted.
  public var encoded: String {
    parameters.reduce(into: name) { text, parameter in
      text += "; " + parameter.name
      guard let value = parameter.value else { return }
      text += HeaderFields.isToken(value) ? "=" + value : "=" + Self.quote(value)
    }
  }

  /// Several extensions as one header line.
  public static func encode(_ extensions: [ExtensionHeader]) -> String {
    extensions.map(\.encoded).joined(separator: ", ")
  }

  private static func quote(_ value: String) -> String {
    "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

extension ExtensionHeader {
  /// extension-list = 1#( token *( ";" token [ "=" ( token / quoted-string ) ] ) ), with optional white space between all of them.
  private struct Scanner {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) {
      self.bytes = bytes
    }

    mutating func list() -> [ExtensionHeader]? {
      var extensions: [ExtensionHeader] = []
      while true {
        // RFC 9110 section 5.6.1.2: empty elements are passed over.
        while take(",") {}
        if isAtEnd { return extensions.isEmpty ? nil : extensions }
        guard let found = element() else { return nil }
        extensions.append(found)
        guard isAtEnd || take(",") else { return nil }
      }
    }

    private mutating func element() -> ExtensionHeader? {
      guard let name = token() else { return nil }
      var parameters: [Parameter] = []
      while take(";") {
        guard let parameter = token() else { return nil }
        guard take("=") else {
          parameters.append(Parameter(parameter))
          continue
        }
        // Section 9.1: "the value after quoted-string unescaping MUST conform to the 'token' ABNF".
        guard let value = take("\"") ? quoted() : token(), HeaderFields.isToken(value) else { return nil }
        parameters.append(Parameter(parameter, value))
      }
      return ExtensionHeader(name: name, parameters: parameters)
    }

    private mutating func token() -> String? {
      skipSpace()
      let start = index
      while index < bytes.count, HeaderFields.isTokenByte(bytes[index]) { index += 1 }
      return index == start ? nil : String(decoding: bytes[start..<index], as: UTF8.self)
    }

    /// What follows an opening quote.
    private mutating func quoted() -> String? {
      var value: [UInt8] = []
      while index < bytes.count {
        var byte = bytes[index]
        index += 1
        if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
        if byte == UInt8(ascii: "\\") {
          guard index < bytes.count else { return nil }
          byte = bytes[index]
          index += 1
        }
        value.append(byte)
      }
      return nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
      skipSpace()
      guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
      index += 1
      return true
    }

    private var isAtEnd: Bool {
      mutating get {
        skipSpace()
        return index == bytes.count
      }
    }

    private mutating func skipSpace() {
      while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
    }
  }
}
