import CLinux
import Synchronization

/// What the control path asks of a reactor.
enum ReactorMessage: ~Copyable, Sendable {
  case open(RelayParcel)
  case close(session: UInt64, SessionEnd)
  case closeAll(SessionEnd, over: Int64)
  case stop
}

/// The one door into a reactor's thread: a locked list and an eventfd that wakes it.
final class Inbox: Sendable {
  /// An array cannot hold what may not be copied: one box per message.
  private final class Parcel: Sendable {
    private let message: Mutex<ReactorMessage?>
    init(_ message: consuming sending ReactorMessage) { self.message = Mutex(message) }
    func open() -> ReactorMessage? { message.withLock { $0.take() } }
  }

  private let waiting = Mutex<[Parcel]>([])
  private let event: Descriptor

  init?() {
    let raw = eventfd(0, CLINUX_EVENTFD_FLAGS)
    guard raw >= 0 else { return nil }
    event = Descriptor(adopting: raw)
  }

  /// The descriptor that becomes readable when there is mail.
  var wakeUp: Int32 { event.rawValue }

  func post(_ message: consuming sending ReactorMessage) {
    let parcel = Parcel(message)
    let isFirst = waiting.withLock { waiting in
      waiting.append(parcel)
      return waiting.count == 1
    }
    if isFirst { eventfd_write(event.rawValue, 1) }
  }

  /// Hands each waiting message to `receive`, in order of arrival.
  func drain(_ receive: (consuming ReactorMessage) -> Void) {
    var count: eventfd_t = 0
    unsafe eventfd_read(event.rawValue, &count)
    let parcels = waiting.withLock { waiting in
      let parcels = waiting
      waiting = []
      return parcels
    }
    for parcel in parcels {
      if let message = parcel.open() { receive(message) }
    }
  }
}
