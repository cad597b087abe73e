import TestSupport
import Testing

/// Ends of sessions, seen on bare sockets.
struct SessionsCloseTests {
  @Test(arguments: ["mirrored", "forbidden", "lost", "cut"])
  func ends(_ story: String) throws {
    try SessionsBench("closes", [story]).judge()
  }
}
