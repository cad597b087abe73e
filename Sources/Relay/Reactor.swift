import Glibc
import Synchronization
import Telemetry

/// A data-path thread: sessions are handed to it once and stay until they end.
public final class Reactor: Sendable {
  /// Bytes and sessions of this reactor, readable from any thread.
  public let counters: ReactorCounters
  private let inbox: Inbox
  private let readSize: Int

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

  /// Ends every session, spread evenly over `milliseconds`, and whichever still comes after that.
  public func closeAll(_ end: SessionEnd, over milliseconds: Int64) {
    inbox.post(.closeAll(end, over: milliseconds))
  }

  /// Lets the thread end once its last session has.
  public func stop() {
    inbox.post(.stop)
  }
}
