import Configuration
import TestSupport
import Testing
@testable import Guards

@Suite struct OriginGuardTests {
  private static func origins(_ entries: String..., missing: Bool = true, null: Bool = false) throws -> OriginGuard {
    OriginGuard(try entries.map { try #require(OriginPattern($0)) }, allowsMissing: missing, allowsNull: null)
  }

  @Test(arguments: [
    ("https://yourdomain.com", true), ("https://yourdomain.com:443", true), ("HTTPS://YourDomain.com", true),
    ("https://evil-yourdomain.com", false), ("https://yourdomain.com.evil.com", false), ("https://sub.yourdomain.com", false),
    ("http://yourdomain.com", false), ("https://yourdomain.com:8443", false), ("https://yourdomain.com:", false),
    ("https://yourdomain.com/", false),
    ("https://yourdomain.com.", false), ("https://user@yourdomain.com", false), ("https://yourdomain.com@evil.com", false),
    ("yourdomain.com", false),
    ("https://yourdomain.com, https://evil.com", false), ("https://evil.com,https://yourdomain.com", false),
    (" https://yourdomain.com", false),
    ("https://yourdomain.com#", false), ("https://yourdomain.com?x", false), ("https://yourdom\u{430}in.com", false),
    ("https://", false), ("", false),
    ("null", false), ("https://yourdomain.com:0443", true), ("https://yourdomain.com:99999", false), ("https://yourdomain.com:-1", false),
  ])
  func exact(_ origin: String, _ allowed: Bool) throws {
    #expect(try Self.origins("https://yourdomain.com").allows(origin) == allowed)
  }

  @Test(arguments: [
    ("https://a.example.com", true), ("https://a.b.example.com", true), ("https://A.EXAMPLE.com:443", true),
    ("https://example.com", false), ("https://evilexample.com", false), ("https://a.example.com.evil.com", false),
    ("http://a.example.com", false),
    ("https://a.example.com:8443", false), ("https://.example.com", false), ("https://*.example.com", false),
    ("https://a..example.com", false),
  ])
  func wildcard(_ origin: String, _ allowed: Bool) throws {
    #expect(try Self.origins("https://*.example.com").allows(origin) == allowed)
  }

  @Test(arguments: [
    ("http://localhost:3000", "http://localhost:3000", true), ("http://localhost:3000", "http://localhost:3001", false),
    ("http://localhost", "http://localhost:80", true), ("http://127.0.0.1:5173", "http://127.0.0.1:5173", true),
    ("http://[::1]:3000", "http://[::1]:3000", true), ("http://[::1]:3000", "http://[::2]:3000", false),
    ("capacitor://localhost", "capacitor://localhost", true), ("capacitor://localhost", "ionic://localhost", false),
    ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop", true),
    ("https://*.example.com:8443", "https://a.example.com:8443", true), ("https://*.example.com:8443", "https://a.example.com", false),
  ])
  func schemesAndPorts(_ entry: String, _ origin: String, _ allowed: Bool) throws {
    #expect(try Self.origins(entry).allows(origin) == allowed)
  }

  @Test func missingAndNullAreDecidedApart() throws {
    #expect(try Self.origins("https://a.com").allows(nil))
    #expect(try !Self.origins("https://a.com", missing: false).allows(nil))
    #expect(try !Self.origins("https://a.com").allows("null"))
    #expect(try Self.origins("https://a.com", null: true).allows("null"))
  }

  @Test func theStarLetsEveryPageIn() throws {
    for origin in ["https://anything.example", "null", "nonsense"] { #expect(try Self.origins("*").allows(origin)) }
    #expect(try !Self.origins("*", missing: false).allows(nil))
  }

  @Test func anEmptyListLetsNoPageIn() throws {
    #expect(try !Self.origins().allows("https://a.com"))
  }

  /// Nothing that only ends like an entry, or only starts like one, is ever let in.
  @Test(arguments: [41, 42, 43] as [UInt64])
  func neverMatchesBySuffixOrPrefix(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let origins = try Self.origins("https://yourdomain.com", "https://*.wild.org")
    let letters = Array("abcxyz019-.:/@#%")
    for _ in 0..<5000 {
      let junk = String((0..<Int.random(in: 1...6, using: &random)).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] })
      let tries = ["https://\(junk)yourdomain.com", "https://yourdomain.com\(junk)", "https://\(junk)wild.org"]
      for origin in tries where origins.allows(origin) {
        // The one way in: whole labels before the wildcard's domain, or the default port spelt out.
        let host = origin.dropFirst("https://".count)
        let label = host.hasSuffix(".wild.org") && host.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." }
        let port = origin == "https://yourdomain.com:443"
        #expect(label || port, "seed \(seed): \(origin)")
      }
    }
  }
}
