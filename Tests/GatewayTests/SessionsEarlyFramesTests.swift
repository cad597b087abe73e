import TestSupport
import Testing

/// Frames that come before the upstream has answered.
struct SessionsEarlyFramesTests {
  @Test(arguments: ["ordered", "flood", "brief", "given_up"], [SessionsBench.Legs.none, .both])
  func wait(_ story: String, _ encrypted: SessionsBench.Legs) throws {
    try SessionsBench("early", [story] + (encrypted == .both ? [CertificateFolder.shared.path] : []), encrypted: encrypted).judge()
  }

  @Test(arguments: [SessionsBench.Legs.none, .both])
  func refusesTooMany(_ encrypted: SessionsBench.Legs) throws {
    let certificates = encrypted == .both ? [CertificateFolder.shared.path] : []
    try SessionsBench("early", ["overfull"] + certificates, encrypted: encrypted, defaults: ", buffers: {early: 2KiB}").judge()
  }
}
