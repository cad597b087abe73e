import Configuration
import Relay
import Vendors
import WebSocket

/// Behind a client that stays, another session with the vendor takes up one that ends or is lost: it hears again what made the earlier one
/// what it was, and what that one had not understood. Without I/O.
final class SessionHandover: Lobby {
  /// What an upstream says of it. Times in milliseconds, sizes in bytes.
  struct Settings: Sendable {
    let plan: ReplayPlan
    /// Age at which the vendor's session is replaced; nil for none.
    let after: Int64?
    let onLoss: Bool
    /// How far back something is said again.
    let recent: Int64
    /// Most that is kept for that, and that waits for the next session.
    let bytes: Int
    /// A loss sooner than this is not mended.
    let apart: Int64
    /// How long the end of a turn is waited for.
    let grace: Int64
  }

  /// The vendor's descriptor says nothing of a handover.
  struct NotAllowed: Error, CustomStringConvertible {
    let vendor: String?
    var description: String {
      vendor.map { "'\($0)' has no 'handover' in its description, so one of its sessions cannot take up another" }
        ?? "a plain 'url' has no description that would allow a 'handover'"
    }
  }

  /// Why the next session takes over.
  enum Reason: String, Sendable, CaseIterable {
    case age, notice, closed, lost
  }

  /// What the control path is told at once.
  struct Control: Sendable {
    /// The upstream is gone; another one is asked for.
    var detached: @Sendable () -> Void = {}
    /// Another one has taken over, or could not be had.
    var ended: @Sendable (_ reason: Reason, _ succeeded: Bool) -> Void = { _, _ in }
  }

  private enum Phase: Equatable {
    /// No upstream, and no plan to have one.
    case apart
    case open
    /// Leave was taken of the upstream.
    case leaving
    /// Another one is on its way, or not ready yet.
    case between
  }

  private let settings: Settings
  private let control: Control
  /// Where the client speaks to the gateway itself.
  private let handshake: SocketHandshake?
  private var phase = Phase.apart
  private var reason = Reason.lost
  private var replay: SessionReplay
  /// When the upstream came.
  private var since: Int64 = 0
  private var isBusy = false
  /// When the upstream is replaced whatever it is at; nil while there is no need.
  private var last: Int64?
  private var waiting: [Message] = []
  private var waitingBytes = 0

  init(_ settings: Settings, behind handshake: SocketHandshake?, control: Control) {
    (self.settings, self.handshake, self.control) = (settings, handshake, control)
    replay = SessionReplay(settings.plan, span: settings.recent, most: settings.bytes)
  }

  var isStranger: Bool { handshake?.isStranger ?? false }

  func opened(now: Int64) -> [LobbyAction] { note(handshake?.opened(now: now) ?? [], now) }

  // MARK: The client

  func receive(_ message: Message, now: Int64) -> [LobbyAction] {
    switch phase {
    case .apart, .open: note(handshake?.receive(message, now: now) ?? [.forward(message)], now)
    case .leaving, .between: wait(message)
    }
  }

  /// Remembers what the upstream gets. The lobby stays to the end.
  private func note(_ actions: [LobbyAction], _ now: Int64) -> [LobbyAction] {
    for case .forward(let message) in actions { replay.note(SessionReplay.Message(message), now: now) }
    return actions.filter { $0 != .leave }
  }

  private func wait(_ message: Message) -> [LobbyAction] {
    waitingBytes += message.size + 64
    guard waitingBytes <= settings.bytes else { return [.close(SocketHandshake.tooMuchEarly)] }
    waiting.append(message)
    return []
  }

  // MARK: Upstreams that come

  func attached(now: Int64) -> [LobbyAction] {
    let succeeds = phase == .between
    (since, isBusy, last) = (now, false, nil)
    guard succeeds else {
      phase = .open
      return note(handshake?.attached(now: now) ?? [], now)
    }
    control.ended(reason, true)
    var actions = handshake?.attached(now: now) ?? []
    for message in replay.openingMessages().map(Message.init) {
      // The vendor's credential may have to be put into the first one.
      actions += handshake?.receive(message, now: now) ?? [.forward(message)]
    }
    return actions.filter { $0 != .leave } + (settings.plan.waitsForReady ? [] : takeUp(now))
  }

  /// The upstream can hear what the client has said.
  private func takeUp(_ now: Int64) -> [LobbyAction] {
    phase = .open
    let messages = waiting
    (waiting, waitingBytes) = ([], 0)
    return replay.recent(now: now).map { .again(Message($0)) } + messages.flatMap { receive($0, now: now) }
  }

  // MARK: Upstreams that go

  func receive(_ news: UpstreamNews, now: Int64) -> [LobbyAction] {
    switch news {
    case .ready: if phase == .between { return takeUp(now) }
    case .busy: isBusy = true
    case .understood: replay.understood()
    case .settled:
      isBusy = false
      replay.understood()
      if last != nil { return relieve() }
    case .leaving: if phase == .open { return replace(for: .notice, now) }
    case .keepsake(let value): replay.keep(value)
    }
    return []
  }

  /// It is time for the next one, as soon as the vendor is at nothing.
  private func replace(for reason: Reason, _ now: Int64) -> [LobbyAction] {
    guard replay.isComplete, last == nil else { return [] }
    self.reason = reason
    last = now + settings.grace
    return isBusy && settings.grace > 0 ? [] : relieve()
  }

  private func relieve() -> [LobbyAction] {
    guard phase == .open else { return [] }
    phase = .leaving
    return [.relieve]
  }

  func keepsClient(after detachment: LobbyDetachment, now: Int64) -> Bool {
    reason(after: detachment, now) != nil || handshake?.keepsClient(after: detachment, now: now) ?? false
  }

  /// Why another upstream is asked for; nil where none is.
  private func reason(after detachment: LobbyDetachment, _ now: Int64) -> Reason? {
    guard phase != .apart, replay.isComplete else { return nil }
    if detachment == .relieved { return reason }
    guard settings.onLoss, phase != .between, now - since >= settings.apart else { return nil }
    switch detachment {
    case .lost: return .lost
    case .closed(let close):
      return settings.plan.isLoss(code: close.code.map { Int($0.rawValue) }, reason: close.reason) ? .closed : nil
    case .dismissed, .relieved: return nil
    }
  }

  func detached(_ detachment: LobbyDetachment, now: Int64) -> [LobbyAction] {
    guard let reason = reason(after: detachment, now) else { return part(as: detachment, now) }
    (self.reason, phase, last) = (reason, .between, nil)
    control.detached()
    return [.ask(.successor)]
  }

  /// The client goes on without an upstream, as its handshake has it.
  private func part(as detachment: LobbyDetachment, _ now: Int64) -> [LobbyAction] {
    phase = .apart
    replay = SessionReplay(settings.plan, span: settings.recent, most: settings.bytes)
    let messages = waiting
    (waiting, waitingBytes) = ([], 0)
    return (handshake?.detached(detachment, now: now) ?? []) + messages.flatMap { receive($0, now: now) }
  }

  func receive(_ answer: LobbyAnswer, now: Int64) -> [LobbyAction] {
    guard phase == .between else { return note(handshake?.receive(answer, now: now) ?? [], now) }
    control.ended(reason, false)
    if case .end(let end) = answer { return [.close(end)] }
    guard handshake?.keepsClient(after: .lost, now: now) ?? false else { return [.close(SocketHandshake.proxyError)] }
    return part(as: .lost, now)
  }

  // MARK: Time

  var deadline: Int64? {
    let due = phase == .open && replay.isComplete ? last ?? settings.after.map { since + $0 } ?? .max : .max
    let next = min(due, handshake?.deadline ?? .max)
    return next == .max ? nil : next
  }

  func expired(now: Int64) -> [LobbyAction] {
    if let deadline = handshake?.deadline, now >= deadline { return handshake?.expired(now: now) ?? [] }
    guard phase == .open else { return [] }
    return last == nil ? replace(for: .age, now) : relieve()
  }
}

extension SessionHandover.Settings {
  /// - Throws: `SessionHandover.NotAllowed` where the vendor's descriptor, if there is one, says nothing of a handover.
  init(_ settings: HandoverSettings, _ descriptor: VendorDescriptor?) throws {
    guard let descriptor, let plan = try ReplayPlan(descriptor) else { throw SessionHandover.NotAllowed(vendor: descriptor?.name) }
    let limit = descriptor.limits.maxSession.map { $0 - min($0 / 10, .seconds(300)) }
    self.init(
      plan: plan, after: (settings.after ?? limit)?.milliseconds, onLoss: settings.onLoss, recent: settings.recent.milliseconds,
      bytes: settings.bytes, apart: settings.apart.milliseconds, grace: settings.grace.milliseconds)
  }
}

extension SessionReplay.Message {
  init(_ message: Message) {
    switch message {
    case .text(let text): self.init(Array(text.utf8), isText: true)
    case .binary(let bytes): self.init(bytes, isText: false)
    }
  }
}

extension Message {
  init(_ message: SessionReplay.Message) {
    self = message.isText ? .text(String(decoding: message.bytes, as: UTF8.self)) : .binary(message.bytes)
  }
}
