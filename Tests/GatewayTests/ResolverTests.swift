import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing
@testable import Gateway

private typealias Lookups = Gateway.Resolver

@Suite struct ResolverTests {
  /// A name server that answers when it is told to.
  private final class Names: Sendable {
    private let asked = Mutex<[String]>([])
    private let isOpen = Mutex(false)

    var count: Int { asked.withLock { $0.count } }

    func open() { isOpen.withLock { $0 = true } }

    func lookUp(_ host: String, _ port: Int) throws(Lookups.Failure) -> [SocketAddress] {
      asked.withLock { $0.append(host) }
      while !isOpen.withLock({ $0 }) { usleep(1_000) }
      guard host != "nowhere", let address = try? SocketAddress(ipAddress: "192.0.2.1", port: port) else {
        throw Lookups.Failure(reason: "no such name")
      }
      return [address]
    }
  }

  /// Many who want one name wait for one lookup; more names than there may be fail at once.
  @Test(.timeLimit(.minutes(1))) func oneLookupOfAName() async throws {
    let (names, loop) = (Names(), MultiThreadedEventLoopGroup.singleton.next())
    let resolver = Lookups(threads: 1, most: 2) { host, port throws(Lookups.Failure) in try names.lookUp(host, port) }
    let first = (0..<20).map { _ in resolver.addresses(of: "a.example", port: 443, on: loop) }
    while names.count == 0 { await Task.yield() }
    let second = resolver.addresses(of: "nowhere", port: 443, on: loop)
    await #expect(throws: Lookups.Failure.busy) { try await resolver.addresses(of: "c.example", port: 443, on: loop).get() }
    // Neither a literal nor a name that is being looked up needs a place.
    #expect(try await resolver.addresses(of: "::1", port: 5, on: loop).get() == [SocketAddress(ipAddress: "::1", port: 5)])
    let joined = resolver.addresses(of: "a.example", port: 443, on: loop)
    names.open()
    for future in first + [joined] { #expect(try await future.get() == [SocketAddress(ipAddress: "192.0.2.1", port: 443)]) }
    await #expect(throws: Lookups.Failure(reason: "no such name")) { try await second.get() }
    #expect(names.count == 2)
    // An answer is nobody's but theirs who waited for it.
    #expect(try await resolver.addresses(of: "a.example", port: 80, on: loop).get().first?.port == 80)
    #expect(names.count == 3)
    await resolver.stop()
  }
}
