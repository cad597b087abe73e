/// The parts of a client's upgrade request that matter to an upstream.
public struct ClientRequest: Sendable, Equatable {
  /// A header field as it came.
  public struct Field: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// What followed a route that ends in `/*`, percent-encoded as it came, with or without its leading slash. Empty for an exact route.
  public var rest: String
  public var query: Query
  public var headers: [Field]
  /// The members of `Sec-WebSocket-Protocol`, in order.
  public var subprotocols: [String]

  public init(rest: String = "", query: Query = Query(), headers: [Field] = [], subprotocols: [String] = []) {
    self.rest = rest
    self.query = query
    self.headers = headers
    self.subprotocols = subprotocols
  }

  public init(rest: String = "", query: String?, headers: [(String, String)] = [], subprotocols: [String] = []) {
    self.init(rest: rest, query: Query(query), headers: headers.map { Field($0.0, $0.1) }, subprotocols: subprotocols)
  }

  /// The first value of a header; names are compared without case.
  public func header(_ name: String) -> String? {
    headers.first { HeaderName.equal($0.name, name) }?.value
  }

  mutating func removeHeader(_ name: String) {
    headers.removeAll { HeaderName.equal($0.name, name) }
  }
}

extension ClientRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Counts: any value may be a credential.
  public var description: String {
    "request with \(query.items.count) parameters, \(headers.count) headers, \(subprotocols.count) subprotocols"
  }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
