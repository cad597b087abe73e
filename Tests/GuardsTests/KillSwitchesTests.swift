import Testing
@testable import Guards

@Suite struct KillSwitchesTests {
  @Test func allIsOnAtFirst() {
    let switches = KillSwitches()
    #expect(switches.isOn)
    #expect(switches.isOn(route: "/r"))
    #expect(switches.listing.isEmpty)
  }

  @Test func eachSourceHasItsOwn() {
    let switches = KillSwitches()
    switches.turn(route: "/r", false, by: .admin)
    switches.turn(route: "/r", false, by: .file)
    switches.turn(route: "/r", true, by: .file)
    #expect(!switches.isOn(route: "/r"))
    #expect(switches.isOn(route: "/s"))
    switches.turn(route: "/r", true, by: .admin)
    #expect(switches.isOn(route: "/r"))
    #expect(switches.listing.isEmpty)
  }

  @Test func theGatewayIsEveryRoute() {
    let switches = KillSwitches()
    switches.turn(false, by: .admin)
    switches.turn(false, by: .admin)
    #expect(!switches.isOn)
    #expect(!switches.isOn(route: "/r"))
    switches.turn(true, by: .file)
    #expect(!switches.isOn)
    switches.turn(true, by: .admin)
    #expect(switches.isOn(route: "/r"))
  }

  @Test func aFileSaysAllAtOnce() {
    let switches = KillSwitches()
    switches.turn(route: "/a", false, by: .admin)
    switches.replace(gateway: true, off: ["/a", "/b"], by: .file)
    switches.replace(gateway: false, off: ["/c"], by: .file)
    #expect(
      switches.listing.map { "\($0.route ?? "-") \($0.by.map(\.rawValue).sorted())" } == [
        #"- ["file"]"#, #"/a ["admin"]"#, #"/c ["file"]"#,
      ])
    switches.replace(gateway: true, off: [], by: .file)
    #expect(switches.isOn)
    #expect(!switches.isOn(route: "/a"))
    #expect(switches.isOn(route: "/b"))
    #expect(switches.isOn(route: "/c"))
  }
}
