import CLinux

/// One epoll instance: who is waited for, and what came.
@safe struct Epoll: ~Copyable {
  /// What a socket can be waited for, and what can be reported of it (epoll_ctl(2)).
  struct Events: OptionSet {
    let rawValue: UInt32
    static var readable: Events { Events(rawValue: CLINUX_EPOLLIN) }
    static var writable: Events { Events(rawValue: CLINUX_EPOLLOUT) }
    /// The peer sent FIN.
    static var ended: Events { Events(rawValue: CLINUX_EPOLLRDHUP) }
    /// Reported when something comes, not while it is there: spares a look at each socket after each of its events.
    static var edge: Events { Events(rawValue: CLINUX_EPOLLET) }
    /// Error or both directions ended; reported whether asked for or not.
    static var broken: Events { Events(rawValue: CLINUX_EPOLLERR | CLINUX_EPOLLHUP) }
  }

  private let descriptor: Descriptor
  private let events: UnsafeMutableBufferPointer<epoll_event>

  /// - Parameter capacity: how many events one wait can bring.
  init?(capacity: Int) {
    let raw = epoll_create1(Int32(bitPattern: CLINUX_EPOLL_CLOEXEC))
    guard raw >= 0 else { return nil }
    descriptor = Descriptor(adopting: raw)
    unsafe events = .allocate(capacity: capacity)
  }

  deinit {
    unsafe events.deallocate()
  }

  /// - Returns: false where the system refuses, as it does beyond `fs.epoll.max_user_watches`: nothing will ever be reported then.
  func add(_ fd: Int32, _ interest: Events, token: UInt64) -> Bool {
    clinux_epoll_control(descriptor.rawValue, EPOLL_CTL_ADD, fd, interest.rawValue, token) == 0
  }

  /// - Returns: as for `add`.
  func change(_ fd: Int32, _ interest: Events, token: UInt64) -> Bool {
    clinux_epoll_control(descriptor.rawValue, EPOLL_CTL_MOD, fd, interest.rawValue, token) == 0
  }

  func remove(_ fd: Int32) {
    _ = clinux_epoll_control(descriptor.rawValue, EPOLL_CTL_DEL, fd, 0, 0)
  }

  /// Waits up to `milliseconds` (-1: for ever) and returns how many events can be read with `event(at:)`.
  func wait(milliseconds: Int32) -> Int {
    max(0, Int(unsafe epoll_wait(descriptor.rawValue, events.baseAddress, Int32(events.count), milliseconds)))
  }

  @inline(__always) func event(at index: Int) -> (token: UInt64, events: Events) {
    let event = unsafe events.baseAddress.unsafelyUnwrapped + index
    return unsafe (clinux_event_data(event), Events(rawValue: event.pointee.events))
  }
}
