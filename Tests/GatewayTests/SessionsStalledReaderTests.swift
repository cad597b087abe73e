import TestSupport
import Testing

/// One end floods 200 MB while the other does not read: the gateway holds what `buffers` allows and stops reading.
struct SessionsStalledReaderTests {
  @Test(arguments: ["up", "down"], [SessionsBench.Legs.none, .both])
  func holdsItsBuffers(_ way: String, _ encrypted: SessionsBench.Legs) throws {
    let certificates = encrypted == .both ? [CertificateFolder.shared.path] : []
    try SessionsBench(
      "stalled", [way, "\(256 << 10)"] + certificates, encrypted: encrypted, route: ", buffers: {to_client: 256KiB, to_upstream: 256KiB}"
    ).judge()
  }
}
