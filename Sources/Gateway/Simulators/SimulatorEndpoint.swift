import NIOCore
import Vendors
import WebSocket

/// One simulated session on a socket: messages and time go into the simulator, what it answers goes out.
final class SimulatorEndpoint: MessageEndpoint {
  private var session: SimulatorSession
  private let began = NIODeadline.now()
  private var timer: Scheduled<Void>?

  init(_ session: SimulatorSession) {
    self.session = session
  }

  func opened(_ socket: MessageHandler) {
    obey(session.opened(now: now), socket)
  }

  func receive(_ message: Message, _ socket: MessageHandler) {
    switch message {
    case .text(let text): obey(session.receive(text: text, now: now), socket)
    case .binary(let bytes): obey(session.receive(binary: bytes, now: now), socket)
    }
  }

  func closed(_ close: ClosePayload?, _ socket: MessageHandler) {
    timer?.cancel()
    guard let close else { return }
    _ = session.receiveClose(code: close.code.map { Int($0.rawValue) }, now: now)
  }

  private func obey(_ actions: [SimulatorAction], _ socket: MessageHandler) {
    for action in actions {
      switch action {
      case .text(let text): socket.send(.text(text))
      case .binary(let bytes): socket.send(.binary(bytes))
      case .close(let code, let reason): socket.close(CloseCode(rawValue: UInt16(clamping: code)), reason)
      }
    }
    timer?.cancel()
    guard let next = session.nextTick, let loop = socket.loop else { return }
    timer = loop.assumeIsolated().scheduleTask(in: TimeAmount(max(next - now, .milliseconds(1)))) { [self] in
      obey(session.tick(now: now), socket)
    }
  }

  private var now: Duration { .nanoseconds((NIODeadline.now() - began).nanoseconds) }
}
