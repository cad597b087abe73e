import CLinux
import Synchronization

/// What the control path asks of a reactor.
enum ReactorMessage: ~Copyable, Sendable {
  case open(RelayParcel)
  case close(session: UInt64, SessionEnd)
  case answer(session: UInt64, LobbyAnswer)
  case attach(UpstreamParcel)
  case look(session: UInt64, @Sendable (SessionProgress?) -> Void)
  case closeAll(SessionEnd, after: Int64, over: Int64, idle: Int64?)
  case stop

  /// Nobody will act on the message: a session that was to be opened reports its end at once, and a question has its answer.
  consuming func refuse() {
    switch consume self {
    case .open(let parcel): parcel.refuse()
    case .look(_, let reply): reply(nil)
    default: break
    }
  }
}

/// The one door into a reactor's thread: a locked list and an eventfd that wakes it.
final class Inbox: Sendable {
  /// An array cannot hold what may not be copied: one box per message.
  private final class Parcel: Sendable {
    private let message: Mutex<ReactorMessage?>
    init(_ message: consuming sending ReactorMessage) { self.message = Mutex(message) }
    func open() -> ReactorMessage? { message.withLock { $0.take() } }
  }

  private struct Mail {
    var parcels: [Parcel] = []
    var isClosed = false
  }

  private let waiting = Mutex(Mail())
  private let event: Descriptor

  init?() {
    let raw = eventfd(0, CLINUX_EVENTFD_FLAGS)
    guard raw >= 0 else { return nil }
    event = Descriptor(adopting: raw)
  }

  /// The descriptor that becomes readable when there is mail.
  var wakeUp: Int32 { event.rawValue }

  /// Once the inbox is closed the message is refused, on the caller's thread.
  func post(_ message: consuming sending ReactorMessage) {
    let parcel = Parcel(message)
    let (isFirst, isClosed) = waiting.withLock { mail in
      if mail.isClosed { return (false, true) }
      mail.parcels.append(parcel)
      return (mail.parcels.count == 1, false)
    }
    if isFirst { eventfd_write(event.rawValue, 1) }
    if isClosed { parcel.open()?.refuse() }
  }

  /// Refuses what waits and whatever is still to come.
  func close() {
    for parcel in takeParcels(closing: true) { parcel.open()?.refuse() }
  }

  private func takeParcels(closing: Bool = false) -> [Parcel] {
    waiting.withLock { mail in
      defer { mail = Mail(isClosed: mail.isClosed || closing) }
      return mail.parcels
    }
  }

  /// Hands each waiting message to `receive`, in order of arrival.
  func drain(_ receive: (consuming ReactorMessage) -> Void) {
    var count: eventfd_t = 0
    unsafe eventfd_read(event.rawValue, &count)
    for parcel in takeParcels() {
      if let message = parcel.open() { receive(message) }
    }
  }
}
