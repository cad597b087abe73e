import Configuration
import YAML

/// How a secret gets to a vendor.
public struct CredentialRules: Sendable, Equatable {
  /// A place in which the vendor takes a credential.
  public struct Choice: Sendable, Equatable {
    public var placement: CredentialPlacement
    public var kind: Kind
  }

  /// What kind of credential a place is for.
  public enum Kind: String, Sendable, CaseIterable {
    /// The account's own key.
    case key
    /// A short-lived token made with the key.
    case token
    /// Either.
    case any
  }

  /// The first is the one that the gateway uses. In all of them a client's SDK may put the gateway's credential.
  public var choices: [Choice] = []
  public var exchange: CredentialExchange?
  /// The vendor lets some clients in without any.
  public var isOptional = false

  public init() {}

  public var placements: [CredentialPlacement] { choices.map(\.placement) }

  /// Where a short-lived token goes: rather where nothing else does.
  public var tokenPlacement: CredentialPlacement? { (choices.first { $0.kind == .token } ?? choices.first { $0.kind == .any })?.placement }
}

extension CredentialRules: Section {
  public static let section = SectionDescription<CredentialRules>(
    "VendorCredential", "How a secret gets to the vendor.",
    fields: [
      Field(
        "placement", \.choices, .list(of: placement, noun: "placement"),
        "Where the secret stands: the gateway uses the first; in all of them a client's SDK may put the gateway's own credential."),
      Field("exchange", \.exchange, .section, "How a short-lived token is had for the key."),
      Field("optional", \.isOptional, .boolean, "Some clients are let in without a credential: then an upstream needs none."),
    ])

  static let placement = ValueType<Choice>(
    "VendorPlacement", shape: .section(name: "VendorPlacement") { PlacementForm.section.shape(defaults: PlacementForm()) }
  ) { node, place, _, reader in
    guard let form = reader.read(PlacementForm.self, from: node, at: place) else { return nil }
    return form.placement.map { Choice(placement: $0, kind: form.of) }
  }
}
