import YAML

/// The address of metrics, health and sessions.
public struct Admin: Section, Equatable {
  public var address = ListenAddress.network(host: .v4(0x7F00_0001), port: 9090)
  public var token: SecretReference?

  public init() {}

  public static let section = SectionDescription<Admin>(
    "Admin", "The operator's own address: metrics, health, sessions, dashboard. Not served at all unless this section is given.",
    fields: [
      Field(
        "address", \.address, .address, required: true,
        "IP address and port. Keep it on loopback or a private network: it lists and closes sessions."),
      Field("token", \.token, .secret, "Bearer token that every request needs. Must be given when the address is not loopback."),
    ]
  ) { admin, node, place, reader in
    if !admin.address.isLocal, node["token"] == nil, let address = node["address"] {
      reader.error("\(place.owner) needs a 'token', because \(admin.address) is not a loopback address", at: address.start)
    }
  }
}
