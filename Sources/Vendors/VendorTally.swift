import Configuration
import JSON

/// How many endpoints the gateway knows, and how many of them are data alone.
public struct VendorTally: Sendable, Equatable {
  /// Entries of the catalogue; each describes one endpoint.
  public let endpoints: Int
  /// The companies or projects whose endpoints they are.
  public let vendors: Int
  /// Those that their descriptor says everything about.
  public let declarative: Int
  /// Those whose descriptor names something that is programmed -> what that is.
  public let coded: [String: [String]]

  public init(_ catalogue: Catalogue) {
    let entries = catalogue.names.compactMap { catalogue[$0] }
    endpoints = entries.count
    vendors = Set(entries.map { $0.name.prefix { $0 != "." } }).count
    coded = Dictionary(entries.map { ($0.name, $0.programmed) }) { first, _ in first }.filter { !$0.value.isEmpty }
    declarative = endpoints - coded.count
  }

  /// `60 endpoints of 40 vendors: 60 declarative, 0 coded`
  public var text: String { "\(endpoints) endpoints of \(vendors) vendors: \(declarative) declarative, \(coded.count) coded" }

  public var json: JSONValue {
    [
      "endpoints": .int(Int64(endpoints)), "vendors": .int(Int64(vendors)), "declarative": .int(Int64(declarative)),
      "coded": .int(Int64(coded.count)),
    ]
  }
}

extension VendorDescriptor {
  /// What of this endpoint is code of the gateway, chosen by a name in the descriptor: codecs of binary messages, signers of URLs.
  var programmed: [String] {
    let codecs = [codec.client, codec.server].filter(\.isCode).map(\.rawValue)
    let signers = credential.placements.compactMap { if case .signed(let rules) = $0 { rules.signer.rawValue } else { nil } }
    return Set(codecs + signers).sorted()
  }
}
