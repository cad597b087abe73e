import Glibc
import Synchronization
import Testing
@testable import Relay

@Suite struct InboxTests {
  private static let end = SessionEnd(name: "test", code: .goingAway, reason: "")

  private func isReadable(_ inbox: Inbox) -> Bool {
    var event = pollfd(fd: inbox.wakeUp, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&event, 1, 0) == 1
  }

  private func sessions(_ inbox: Inbox) -> [UInt64] {
    var ids: [UInt64] = []
    inbox.drain { message in
      if case .close(let id, _) = consume message { ids.append(id) }
    }
    return ids
  }

  @Test func mailWakesAndComesInOrder() throws {
    let inbox = try #require(Inbox())
    #expect(!isReadable(inbox))
    for id in 0..<100 as Range<UInt64> { inbox.post(.close(session: id, Self.end)) }
    #expect(isReadable(inbox))
    #expect(sessions(inbox) == Array(0..<100))
    #expect(!isReadable(inbox))
    #expect(sessions(inbox).isEmpty)
    inbox.post(.close(session: 7, Self.end))
    #expect(isReadable(inbox))
    #expect(sessions(inbox) == [7])
  }

  /// Several threads post while one sleeps and drains: nothing is lost, and each thread's mail keeps its order.
  @Test func manyPostersOneReader() async throws {
    let inbox = try #require(Inbox())
    let posters: UInt64 = 6, each: UInt64 = 5_000
    await withTaskGroup(of: Void.self) { group in
      for poster in 0..<posters {
        group.addTask {
          for number in 0..<each {
            inbox.post(.close(session: poster << 32 | number, Self.end))
            if number % 100 == 0 { await Task.yield() }
          }
        }
      }
      group.addTask {
        var next = [UInt64](repeating: 0, count: Int(posters))
        while next.reduce(0, +) < posters * each {
          guard isReadable(inbox) else {
            await Task.yield()
            continue
          }
          for id in sessions(inbox) {
            let poster = Int(id >> 32)
            #expect(next[poster] == id & 0xFFFF_FFFF)
            next[poster] += 1
          }
        }
        #expect(next == [UInt64](repeating: each, count: Int(posters)))
      }
    }
    #expect(!isReadable(inbox))
  }

  /// A parcel that nobody opens closes its descriptors.
  @Test func unopenedParcelsCloseTheirDescriptors() throws {
    let down = try SocketPair(.local)
    let up = try SocketPair(.local)
    do {
      let inbox = try #require(Inbox())
      inbox.post(
        .open(
          RelayParcel(
            id: 1, downstream: LegTransport(descriptor: Descriptor(adopting: down.near), tls: nil, received: []),
            upstream: LegTransport(descriptor: Descriptor(adopting: up.near), tls: nil, received: []), terms: SharedTerms(RelayTerms())
          ) { _ in }))
      var byte: UInt8 = 0
      #expect(unsafe read(down.far, &byte, 1) == -1 && errno == EAGAIN, "still open")
    }
    for far in [down.far, up.far] {
      var byte: UInt8 = 0
      #expect(unsafe read(far, &byte, 1) == 0)
      close(far)
    }
  }
}
