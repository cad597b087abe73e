import Configuration
import Gateway
import Vendors
import WebSocket

/// Runs a call's script on a socket, by the clock.
struct CallRunner {
  private(set) var script: CallScript
  var report: CallReport
  private let start = ContinuousClock.now

  private enum Happening {
    case socket(WebSocketClient.Event)
    case tick(due: Duration)
  }

  init(_ script: CallScript, report: CallReport) {
    self.script = script
    self.report = report
  }

  mutating func run(to url: WebSocketURL, token: String?, authority: String?) async -> CallOutcome {
    var url = url
    var query = Query(url.query)
    query.items += script.query.map { Query.Item($0.name, $0.value) }
    url.query = query.items.isEmpty ? nil : query.text
    let client: WebSocketClient
    do throws(WebSocketClient.Failure) {
      client = try await .connect(
        url, headers: token.map { [(name: "Authorization", value: "Bearer \($0)")] } ?? [], authority: authority)
    } catch {
      return .failed("cannot open \(url.path): \(error)")
    }
    return await converse(client)
  }

  private mutating func converse(_ client: WebSocketClient) async -> CallOutcome {
    let (happenings, source) = AsyncStream.makeStream(of: Happening.self)
    return await withTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        for await event in client.events { source.yield(.socket(event)) }
      }
      var armed: Duration?
      var iterator = happenings.makeAsyncIterator()
      let opened = now
      await obey(script.opened(now: opened), opened, client)
      while script.outcome == nil {
        // Several timers may run; one that comes too early finds nothing to do.
        if let next = script.nextTick, armed.map({ next < $0 }) ?? true {
          armed = next
          let instant = start + next
          group.addTask {
            try? await Task.sleep(until: instant, clock: .continuous)
            source.yield(.tick(due: next))
          }
        }
        guard let happening = await iterator.next() else { break }
        await handle(happening, client, &armed)
      }
      return script.outcome ?? .failed("the call was broken off")
    }
  }

  private mutating func handle(_ happening: Happening, _ client: WebSocketClient, _ armed: inout Duration?) async {
    let now = now
    switch happening {
    case .socket(.message(.text(let text))): await obey(script.receive(text: text, now: now), now, client)
    case .socket(.message(.binary(let bytes))): await obey(script.receive(binary: bytes, now: now), now, client)
    case .socket(.closed(let close)):
      let frame = close.map { CloseFrame(code: $0.code.map { Int($0.rawValue) } ?? 1005, reason: $0.reason) }
      script.closed(frame, now: now)
    case .tick(let due):
      if armed == due { armed = nil }
      await obey(script.tick(now: now), now, client)
      report.progress(script.progress)
    }
  }

  private mutating func obey(_ actions: [CallAction], _ now: Duration, _ client: WebSocketClient) async {
    for action in actions {
      switch action {
      case .text(let text): await client.send(.text(text))
      case .binary(let bytes): await client.send(.binary(bytes))
      case .note(let event): report.show(event, at: now, format: script.outputFormat)
      case .finish(let code): await client.close(CloseCode(rawValue: UInt16(clamping: code)))
      }
    }
  }

  private var now: Duration { start.duration(to: .now) }
}
