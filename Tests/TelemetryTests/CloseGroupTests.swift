import Testing
@testable import Telemetry

@Suite struct CloseGroupTests {
  @Test(
    arguments: [
      (nil, "none"), (1000, "1000"), (1001, "1001"), (1003, "1003"), (1005, "other"), (1006, "other"), (1008, "1008"), (1011, "1011"),
      (1014, "1014"),
      (1015, "other"), (999, "other"), (0, "other"), (65535, "other"), (2999, "other"), (3000, "3xxx"), (3999, "3xxx"), (4000, "4xxx"),
      (4001, "4001"), (4003, "4003"), (4999, "4xxx"), (5000, "other"),
    ] as [(UInt16?, String)])
  func groups(_ code: UInt16?, _ label: String) {
    #expect(CloseGroup.label(code) == label)
  }

  @Test func thereAreFewLabels() {
    #expect(Set((UInt16.min...UInt16.max).map { CloseGroup.label($0) }).count <= 20)
  }
}
