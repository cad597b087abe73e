import Relay

/// Gives the service manager its signs of life as long as every thread that relays answers.
struct Watchdog: Sendable {
  let core: GatewayCore
  let notifier: ServiceNotifier

  /// Until its task is cancelled; at once where nobody waits for signs.
  func run() async {
    guard let pause = notifier.watchdog else { return }
    while !Task.isCancelled {
      for reactor in core.reactors {
        // No session has this number: only that there is an answer matters.
        await withCheckedContinuation { asking in reactor.look(at: 0) { _ in asking.resume() } }
      }
      notifier.alive()
      try? await Task.sleep(for: pause)
    }
  }
}
