import NIOCore
import NIOPosix

/// Connects to the first of a host's addresses that answers (happy eyeballs, RFC 8305). Bound to its event loop.
///
/// A connection is tried every 250 ms, or as soon as the one before has failed, IPv6 and IPv4 in turn; the first that is there wins, and
/// the others are closed. Only TCP races: TLS and the upgrade, of which an upstream must not see two, are the winner's.
final class ConnectionRace {
  /// RFC 8305 section 5.
  static let delay = TimeAmount.milliseconds(250)

  /// A race as a task sees it.
  struct Handle: Sendable {
    private let loop: any EventLoop
    private let race: NIOLoopBoundBox<ConnectionRace?>

    init(on loop: any EventLoop) {
      self.loop = loop
      race = NIOLoopBoundBox.makeEmptyBox(valueType: ConnectionRace.self, eventLoop: loop)
    }

    /// - Returns: the winner; it does not read yet. Fails with ``DialFailure``.
    func start(_ addresses: [SocketAddress], by deadline: NIODeadline) -> EventLoopFuture<any Channel> {
      loop.flatSubmit { [loop, race] in
        let new = ConnectionRace(addresses, by: deadline, on: loop)
        race.value = new
        new.tryNext()
        return new.promise.futureResult
      }
    }

    func cancel() {
      loop.execute { [race] in race.value?.finish(.failure(DialFailure.cancelled)) }
    }
  }

  private let loop: any EventLoop
  private let deadline: NIODeadline
  private let promise: EventLoopPromise<any Channel>
  private var waiting: ArraySlice<SocketAddress>
  private var runners: [ObjectIdentifier: any Channel] = [:]
  private var running = 0
  private var isOver = false
  private var failure = DialFailure.unreachable("no address")
  private var starter: Scheduled<Void>?
  private var clock: Scheduled<Void>?

  private init(_ addresses: [SocketAddress], by deadline: NIODeadline, on loop: any EventLoop) {
    self.loop = loop
    self.deadline = deadline
    promise = loop.makePromise()
    waiting = Self.interleaved(addresses)[...]
    clock = loop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in finish(.failure(DialFailure.timedOut)) }
  }

  /// Families in turn, beginning with the resolver's first choice (RFC 8305 section 4).
  static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
    let first = addresses.filter { $0.protocol == addresses.first?.protocol }
    let second = addresses.filter { $0.protocol != addresses.first?.protocol }
    return (0..<max(first.count, second.count)).flatMap { index in
      [first, second].compactMap { index < $0.count ? $0[index] : nil }
    }
  }

  private func tryNext() {
    starter?.cancel()
    guard !isOver else { return }
    guard let address = waiting.popFirst() else {
      if running == 0 { finish(.failure(failure)) }
      return
    }
    running += 1
    if !waiting.isEmpty {
      starter = loop.assumeIsolated().scheduleTask(in: Self.delay) { [self] in tryNext() }
    }
    let this = NIOLoopBound(self, eventLoop: loop)
    ClientBootstrap(group: loop)
      .connectTimeout(max(deadline - .now(), .milliseconds(1)))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelOption(.autoRead, value: false)
      .channelInitializer { channel in
        this.value.runners[ObjectIdentifier(channel)] = channel
        return channel.eventLoop.makeSucceededVoidFuture()
      }
      .connect(to: address)
      .assumeIsolated()
      .whenComplete { [self] result in arrived(result) }
  }

  private func arrived(_ result: Result<any Channel, any Error>) {
    running -= 1
    switch result {
    case .success(let channel):
      if isOver { channel.close(promise: nil) } else { finish(result) }
    case .failure(let error):
      failure = .unreachable(Dialer.words(error))
      tryNext()
    }
  }

  private func finish(_ result: Result<any Channel, any Error>) {
    guard !isOver else { return }
    isOver = true
    starter?.cancel()
    clock?.cancel()
    if case .success(let winner) = result { runners[ObjectIdentifier(winner)] = nil }
    for loser in runners.values { loser.close(promise: nil) }
    runners = [:]
    promise.completeWith(result)
  }
}
