import CLoadLinux
import Glibc

/// One epoll instance, level-triggered, and the events of its latest wait.
struct Epoll: ~Copyable {
  static let readable = LOAD_EPOLLIN
  static let writable = LOAD_EPOLLOUT

  private let descriptor: Int32
  private let events: UnsafeMutableBufferPointer<epoll_event>

  init() throws(Failure) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw .unavailable("epoll: \(String(cString: strerror(errno)))") }
    events = .allocate(capacity: 512)
  }

  deinit {
    close(descriptor)
    events.deallocate()
  }

  func add(_ socket: Int32, token: UInt64, interest: UInt32) {
    _ = load_epoll_control(descriptor, EPOLL_CTL_ADD, socket, interest, token)
  }

  func modify(_ socket: Int32, token: UInt64, interest: UInt32) {
    _ = load_epoll_control(descriptor, EPOLL_CTL_MOD, socket, interest, token)
  }

  /// Waits for events, at most `nanoseconds` (for ever where negative), and answers how many there are.
  func wait(nanoseconds: Int64) -> Int {
    max(0, Int(load_epoll_wait(descriptor, events.baseAddress, Int32(events.count), nanoseconds)))
  }

  /// The token of event `index` of the latest wait.
  @inline(__always)
  func token(at index: Int) -> UInt64 { load_event_data(events.baseAddress! + index) }
}
