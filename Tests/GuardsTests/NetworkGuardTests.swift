import Configuration
import Testing
@testable import Guards

@Suite struct NetworkGuardTests {
  @Test(
    arguments: [
      ([], [], "192.0.2.1", true),
      (["10.0.0.0/8"], [], "10.1.2.3", true),
      (["10.0.0.0/8"], [], "11.1.2.3", false),
      (["10.0.0.0/8"], [], "2001:db8::1", false),
      (["10.0.0.0/8", "2001:db8::/32"], [], "2001:db8::1", true),
      ([], ["192.0.2.0/24"], "192.0.2.9", false),
      ([], ["192.0.2.0/24"], "192.0.3.9", true),
      // Denied wins, the longer prefix or not.
      (["10.1.0.0/16"], ["10.0.0.0/8"], "10.1.2.3", false),
      (["10.0.0.0/8"], ["10.1.2.3"], "10.1.2.3", false),
      (["10.0.0.0/8"], ["10.1.2.3"], "10.1.2.4", true),
      ([], ["0.0.0.0/0"], "192.0.2.1", false),
      ([], ["0.0.0.0/0"], "2001:db8::1", true),
      // An IPv4 address in an IPv6 socket is that IPv4 address.
      (["10.0.0.0/8"], [], "::ffff:10.1.2.3", true),
      ([], ["::ffff:10.0.0.0/104"], "10.1.2.3", false),
    ] as [([String], [String], String, Bool)])
  func decides(_ allowed: [String], _ denied: [String], _ client: String, _ isAllowed: Bool) {
    let guardian = NetworkGuard(allowed: allowed.compactMap { IPPrefix($0) }, denied: denied.compactMap { IPPrefix($0) })
    #expect(guardian.allows(ClientAddress(ip(client))) == isAllowed)
  }
}
