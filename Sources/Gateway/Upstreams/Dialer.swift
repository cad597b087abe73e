import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import TLS
import WebSocket

/// Whom to dial and what to say: one upgrade request.
struct DialTarget: Sendable {
  /// A name or an IP literal without brackets.
  var host: String
  var port: Int
  /// Nil for a plain connection.
  var tls: TLSContext?
  /// The request; its `Host`, key and headers are complete.
  var opening: ClientOpening
  /// What its offer of permessage-deflate was made from; nil where it makes none.
  var deflate: DeflateSettings?
}

/// An upstream that has answered 101 and waits to be handed over. Bound to its event loop.
final class DialedEnd {
  /// What it agreed to.
  struct Agreement: Sendable {
    let subprotocol: String?
    let deflate: DeflateParameters?
  }

  let end: ChannelEnd
  let agreement: Agreement

  init(_ end: ChannelEnd, _ agreement: Agreement) {
    self.end = end
    self.agreement = agreement
  }
}

/// Opens upstreams on one event loop: resolve, connect, TLS, upgrade, all within one budget.
struct Dialer: Sendable {
  let loop: any EventLoop
  /// Bytes of a response head, and bytes an upstream may send right behind it.
  var maximumHead = 32 << 10
  var maximumEarly = 1 << 20
  /// Is told how far a dial has got; for whoever wants to know where its time goes.
  var times: DialTimes?

  /// Tries the host's addresses, as a race (see ``ConnectionRace``), until one answers the upgrade.
  ///
  /// Once an address has taken the connection, what fails is final; but one that then says nothing leaves half of the time to the others.
  func dial(_ target: DialTarget, budget: TimeAmount) async throws(DialFailure) -> NIOLoopBound<DialedEnd> {
    let deadline = NIODeadline.now() + budget
    var addresses: [SocketAddress]
    do {
      addresses = try await Resolver.system.addresses(of: target.host, port: target.port, on: loop)
        .get(by: deadline, else: DialFailure.timedOut)
    } catch let failure as DialFailure {
      throw failure
    } catch {
      throw .unresolved((error as? Resolver.Failure)?.reason ?? "\(error)")
    }
    guard !addresses.isEmpty else { throw .unresolved("no address") }
    times?.mark(.dns)
    while true {
      let channel = try await connect(addresses, by: deadline)
      times?.mark(.tcp)
      addresses.removeAll { $0 == channel.remoteAddress }
      let rest = deadline - .now()
      let share = addresses.isEmpty ? rest : .nanoseconds(rest.nanoseconds / 2)
      do throws(DialFailure) {
        return try await upgrade(channel, target, by: .now() + share)
      } catch {
        guard case .timedOut = error, !addresses.isEmpty else { throw error }
      }
    }
  }

  private func connect(_ addresses: [SocketAddress], by deadline: NIODeadline) async throws(DialFailure) -> any Channel {
    let race = ConnectionRace.Handle(on: loop)
    do {
      return try await withTaskCancellationHandler {
        try await race.start(addresses, by: deadline).get()
      } onCancel: {
        race.cancel()
      }
    } catch {
      throw Task.isCancelled ? .cancelled : error as? DialFailure ?? .unreachable(Self.words(error))
    }
  }

  /// TLS and HTTP on a connection.
  private func upgrade(
    _ channel: any Channel, _ target: DialTarget, by deadline: NIODeadline
  ) async throws(DialFailure) -> NIOLoopBound<DialedEnd> {
    let answered = loop.makePromise(of: DialedEnd.Agreement.self)
    let slot = NIOLoopBoundBox<ChannelEnd?>.makeEmptyBox(valueType: ChannelEnd.self, eventLoop: loop)
    let installed = loop.submit {
      guard channel.isActive else { throw DialFailure.closedEarly }
      let end = ChannelEnd(
        channel, gate: Gate(.response, maximumHead: maximumHead, maximumKept: maximumEarly),
        tls: try target.tls?.makeClientSession(serverName: target.host, port: target.port))
      try end.install()
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(HTTPRequestEncoder())
      try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)))
      try pipeline.addHandler(DialHandler(target, answered: answered, times: times))
      slot.value = end
      // Nothing was read while there was nobody to read it.
      channel.setOption(.autoRead, value: true).whenFailure { answered.fail($0) }
    }
    do {
      do { try await installed.get() } catch {
        answered.fail(DialFailure.cancelled)
        throw error
      }
      let agreement = try await withTaskCancellationHandler {
        try await answered.futureResult.get(by: deadline, else: DialFailure.timedOut)
      } onCancel: {
        channel.close(promise: nil)
      }
      return try await loop.submit {
        guard let end = slot.value else { throw DialFailure.closedEarly }
        return NIOLoopBound(DialedEnd(end, agreement), eventLoop: loop)
      }.get()
    } catch {
      channel.close(promise: nil)
      if Task.isCancelled { throw .cancelled }
      throw (error as? TLSError).map { .tls($0.name) } ?? error as? DialFailure ?? .closedEarly
    }
  }

  /// The system's words for why there is no connection.
  static func words(_ error: any Error) -> String {
    switch error {
    case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
    case is ChannelError: "connection timed out"
    default: "\(error)"
    }
  }
}
