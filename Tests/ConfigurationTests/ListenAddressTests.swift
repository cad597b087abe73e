import Configuration
import Testing

@Suite struct ListenAddressTests {
  @Test func overlaps() throws {
    let rows: [(String, String, Bool)] = [
      ("127.0.0.1:8080", "127.0.0.1:8080", true), ("127.0.0.1:8080", "127.0.0.1:8081", false), ("127.0.0.1:8080", "127.0.0.2:8080", false),
      ("127.0.0.1:8080", "0.0.0.0:8080", true), ("127.0.0.1:8080", "0.0.0.0:8081", false), ("0.0.0.0:8080", "[::]:8080", true),
      ("127.0.0.1:8080", "[::]:8080", true), ("[::1]:8080", "[::]:8080", true), ("[::1]:8080", "0.0.0.0:8080", false),
      ("[::1]:8080", "127.0.0.1:8080", false), ("localhost:8080", "127.0.0.1:8080", true), ("127.0.0.1:0", "127.0.0.1:0", false),
      ("unix:/run/a", "unix:/run/a", true), ("unix:/run/a", "unix:/run/b", false), ("unix:/run/a", "0.0.0.0:8080", false),
    ]
    for (one, other, isSo) in rows {
      let (one, other) = (try #require(ListenAddress(one)), try #require(ListenAddress(other)))
      #expect(one.overlaps(other) == isSo, "\(one) \(other)")
      #expect(other.overlaps(one) == isSo, "\(other) \(one)")
    }
  }
}
