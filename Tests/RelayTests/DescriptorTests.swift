import Glibc
import Testing
@testable import Relay

@Suite struct DescriptorTests {
  /// A number that nothing else in this process takes, as the kernel gives out the lowest that is free.
  private func open(from lowest: Int32) throws -> Int32 {
    let descriptor = fcntl(0, F_DUPFD_CLOEXEC, lowest)
    return try #require(descriptor >= lowest ? descriptor : nil)
  }

  private func isOpen(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) >= 0 }

  private func consume(_ descriptor: consuming Descriptor) {}

  @Test func closesOnceWhenDropped() throws {
    let number = try open(from: 3_000)
    do {
      let descriptor = Descriptor(adopting: number)
      #expect(descriptor.rawValue == number)
      #expect(isOpen(number))
      consume(descriptor)
    }
    #expect(!isOpen(number))
    // A second close would hit whoever has the number now.
    let again = try open(from: 3_000)
    #expect(again == number)
    #expect(isOpen(again))
    close(again)
  }

  @Test func releaseKeepsItOpen() throws {
    let number = try open(from: 3_200)
    #expect(Descriptor(adopting: number).release() == number)
    #expect(isOpen(number))
    close(number)
  }

  @Test func duplicateIsItsOwnAndClosedOnExec() throws {
    let pair = try SocketPair(.local)
    let duplicate = Descriptor(duplicating: pair.near)?.release() ?? -1
    #expect(duplicate != pair.near)
    #expect(fcntl(duplicate, F_GETFD) & FD_CLOEXEC != 0)
    #expect(SocketPair.identity(of: duplicate) == SocketPair.identity(of: pair.near))
    close(pair.near)
    #expect(unsafe write(duplicate, [7], 1) == 1)
    close(duplicate)
    var byte: UInt8 = 0
    #expect(unsafe read(pair.far, &byte, 1) == 1 && byte == 7)
    #expect(unsafe read(pair.far, &byte, 1) == 0)
    close(pair.far)
  }

  @Test func duplicatingNothingFails() {
    let isNil =
      switch Descriptor(duplicating: -1) {
      case .some: false;
      case nil: true
      }
    #expect(isNil)
  }
}
