import Relay
import Testing
import WebSocket
@testable import Gateway

/// What several rules have to say of one message.
@Suite struct InspectionResultsTests {
  private static let end = SessionEnd(name: "limit_usage", code: .tryAgainLater, reason: "Usage limit reached")
  private static let told: [UInt8] = [0x7B, 0x7D]

  @Test func oneStandsForItself() {
    #expect([Inspection]().joined == .pass)
    #expect([Inspection.wake].joined == .wake)
  }

  /// That a message is replaced or dropped does not undo what else is due.
  @Test(arguments: [Inspection.replace(told), .drop(tell: told), .hush])
  func nothingIsLost(fate: Inspection) {
    let finish = Inspection.finish(Self.end, tell: Self.told)
    #expect([.tell(Self.told), fate, finish].joined == .several([.tell(Self.told), fate, finish]))
  }

  /// Behind the end of the session nothing is due.
  @Test func endStandsAlone() {
    let end = Inspection.end(Self.end, tell: nil)
    #expect([.tell(Self.told), end].joined == end)
  }
}
