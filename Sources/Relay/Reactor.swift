import CLinux
import Glibc
import Synchronization
import Telemetry

/// A data-path thread: sessions are handed to it once and stay until they end.
public final class Reactor: Sendable {
  /// Bytes and sessions of this reactor, readable from any thread.
  public let counters: ReactorCounters
  private let inbox: Inbox
  private let readSize: Int

  /// What every reactor's thread is called, for whoever lists the threads of the process.
  public static let threadName = "reactor"

  /// - Parameters:
  ///   - counters: where the thread counts; it is their only writer.
  ///   - readSize: bytes of the one read buffer, and so the most that waits for a leg whose socket is full.
  /// - Returns: nil when the process has no descriptors left.
  public init?(counters: ReactorCounters, readSize: Int = 64 << 10) {
    guard let inbox = Inbox() else { return nil }
    self.inbox = inbox
    self.readSize = readSize
    self.counters = counters
  }

  /// Starts the thread. False when the system refuses one.
  public func start() -> Bool {
    var thread = pthread_t()
    let box = unsafe Unmanaged.passRetained(self)
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        let reactor = unsafe Unmanaged<Reactor>.fromOpaque(argument.unsafelyUnwrapped).takeRetainedValue()
        ReactorLoop(inbox: reactor.inbox, counters: reactor.counters, readSize: reactor.readSize)?.run()
        reactor.inbox.close()
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      unsafe box.release()
      return false
    }
    unsafe clinux_name_thread(thread, Self.threadName)
    pthread_detach(thread)
    return true
  }

  /// Relays a session from now on; its descriptors belong to the reactor. One that has stopped reports the session's end at once.
  public func open(_ parcel: consuming sending RelayParcel) {
    inbox.post(.open(parcel))
  }

  /// Answers a session's question. One that is gone hears nothing.
  public func answer(session: UInt64, _ answer: LobbyAnswer) {
    inbox.post(.answer(session: session, answer))
  }

  /// Gives a session the upstream that it asked for. Where the session is gone, or has one, the connection is closed.
  public func attach(_ parcel: consuming sending UpstreamParcel) {
    inbox.post(.attach(parcel))
  }

  /// Ends one session with a Close frame on both legs.
  public func close(session: UInt64, _ end: SessionEnd) {
    inbox.post(.close(session: session, end))
  }

  /// Tells how a session stands; nil where it is gone.
  ///
  /// - Parameter reply: called exactly once, on the reactor's thread (or the caller's, if that has ended), so it must only pass it on.
  public func look(at session: UInt64, _ reply: @escaping @Sendable (SessionProgress?) -> Void) {
    inbox.post(.look(session: session, reply))
  }

  /// Ends every session, and whichever still comes after that. Times are milliseconds; the last call is what holds.
  ///
  /// - Parameters:
  ///   - grace: until sessions end whatever they are at.
  ///   - spread: over which these ends are spread evenly, and those of sessions that need not wait.
  ///   - idle: a session that has been silent for so long, and does not wait for an answer, ends without that grace; nil for none.
  public func closeAll(_ end: SessionEnd, after grace: Int64 = 0, over spread: Int64, idle: Int64? = nil) {
    inbox.post(.closeAll(end, after: grace, over: spread, idle: idle))
  }

  /// Lets the thread end once its last session has.
  public func stop() {
    inbox.post(.stop)
  }
}
