import Glibc
import Testing
import TLS
@testable import Relay

@Suite struct LegTests {
  /// A close_notify that finds the socket full goes out with what comes before it, and the FIN behind it.
  @Test func endThatFindsNoRoom() throws {
    let pair = try SocketPair(.local, buffer: 4_608)
    defer { close(pair.far) }
    let ends = try SecureEnds(nearIsServer: true, version: .v13)
    let sessions = try ends.attach(farTo: pair.far)
    let leg = Leg(
      .downstream, LegTransport(descriptor: Descriptor(adopting: pair.near), tls: sessions.near, received: []), to: nil,
      terms: Bench.terms, inspector: nil, now: 0)
    #expect(leg.attachTLS())
    var filling = 0
    for size in [1_000, 1] {
      let bytes = [UInt8](repeating: 0, count: size)
      while case let count = unsafe send(pair.near, bytes, size, 0), count > 0 { filling += count }
    }
    leg.finish()
    #expect(leg.finSent && leg.isBlocked)
    #expect(read(pair.far) == filling)
    #expect(recv(pair.far) == -1, "not the end yet")
    leg.flush()
    #expect(!leg.isBlocked)
    // A record of two bytes, their type and a tag of sixteen, behind its header (RFC 8446 sections 5.2 and 6).
    #expect(read(pair.far) == 5 + 2 + 1 + 16)
    #expect(recv(pair.far) == 0)
    leg.bury()
  }

  private func recv(_ descriptor: Int32) -> Int {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    return unsafe Glibc.recv(descriptor, &bytes, bytes.count, 0)
  }

  /// The number of bytes that can be read now.
  private func read(_ descriptor: Int32) -> Int {
    var total = 0
    while case let count = recv(descriptor), count > 0 { total += count }
    return total
  }
}
