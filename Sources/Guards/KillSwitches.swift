import Synchronization

/// Turns routes, or the whole gateway, off and on while it runs. New sessions are refused; open ones go on.
///
/// Each source has a switch of its own, and one that is off is enough: what an operator turned off at the admin address stays off when a
/// file is read again.
public final class KillSwitches: Sendable {
  public enum Source: String, Sendable, CaseIterable { case environment, file, admin }

  private struct Off {
    var gateway: Set<Source> = []
    var routes: [String: Set<Source>] = [:]
  }

  private let off = Mutex(Off())

  public init() {}

  /// Turns the whole gateway on or off.
  public func turn(_ isOn: Bool, by source: Source) {
    off.withLock { Self.set(isOn, source, &$0.gateway) }
  }

  /// Turns one route on or off.
  ///
  /// - Parameter route: its path, as configured; it may be one that a reload has yet to bring.
  public func turn(route: String, _ isOn: Bool, by source: Source) {
    off.withLock {
      var sources = $0.routes[route] ?? []
      Self.set(isOn, source, &sources)
      $0.routes[route] = sources.isEmpty ? nil : sources
    }
  }

  /// Sets all of one source at once, as a file that lists what is off does.
  ///
  /// - Parameter routes: those that are off; all others are on.
  public func replace(gateway isOn: Bool, off routes: Set<String>, by source: Source) {
    off.withLock {
      Self.set(isOn, source, &$0.gateway)
      var all = $0.routes
      for route in routes.union(all.keys) {
        var sources = all[route] ?? []
        Self.set(!routes.contains(route), source, &sources)
        all[route] = sources.isEmpty ? nil : sources
      }
      $0.routes = all
    }
  }

  /// Whether new sessions are taken at all.
  public var isOn: Bool { off.withLock { $0.gateway.isEmpty } }

  /// Whether new sessions are taken on a route.
  public func isOn(route: String) -> Bool {
    off.withLock { $0.gateway.isEmpty && $0.routes[route] == nil }
  }

  /// What is off, and by whom; the gateway has no path.
  public var listing: [(route: String?, by: Set<Source>)] {
    off.withLock { off in
      let gateway: [(route: String?, by: Set<Source>)] = off.gateway.isEmpty ? [] : [(nil, off.gateway)]
      return gateway + off.routes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
  }

  private static func set(_ isOn: Bool, _ source: Source, _ sources: inout Set<Source>) {
    if isOn { sources.remove(source) } else { sources.insert(source) }
  }
}
