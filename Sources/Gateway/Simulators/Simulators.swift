import Configuration
import NIOCore
import Tokens
import Vendors
import YAML

/// The vendors' simulators that run inside the gateway: one for each vendor that an upstream may need one of.
actor Simulators {
  /// A vendor whose simulator is needed.
  struct Need: Sendable {
    let descriptor: VendorDescriptor
    /// What the table says of vendors of its own, where it has a say in this one: another text may be another vendor.
    let own: [String: Node]?
  }

  fileprivate struct Running: Sendable {
    let own: [String: Node]?
    let socket: ListeningSocket
    let simulation: UpstreamService.Simulation
  }

  /// What a table needs, and what was started for it.
  struct Plan: Sendable {
    fileprivate var running: [String: Running] = [:]
    fileprivate var started: [ListeningSocket] = []

    /// By vendor.
    var all: [String: UpstreamService.Simulation] { running.mapValues(\.simulation) }
  }

  private let group: any EventLoopGroup
  private var running: [String: Running] = [:]

  init(_ group: any EventLoopGroup) {
    self.group = group
  }

  /// Whose simulators a table needs. Looks at secrets, so it blocks.
  static func needs(
    _ configuration: GatewayConfiguration, _ catalogue: Catalogue, _ environment: [String: String], _ mode: SimulationMode
  ) -> [Need] {
    guard mode != .none else { return [] }
    var needs: [String: Need] = [:]
    for upstream in configuration.upstreams.values {
      guard let name = upstream.vendor, needs[name] == nil, let descriptor = catalogue[name], descriptor.simulation != nil else { continue }
      let hasSecret = (try? upstream.credential?.resolve(environment: environment)) != nil
      guard mode.standsIn(hasSecret: hasSecret, wantsSecret: !descriptor.credential.placements.isEmpty) else { continue }
      needs[name] = Need(descriptor: descriptor, own: configuration.vendors[name] == nil ? nil : configuration.vendors)
    }
    return Array(needs.values)
  }

  /// Starts what is needed and does not run yet. Nothing has changed before ``commit(_:)``; ``abandon(_:)`` takes it back.
  func prepare(_ needs: [Need]) async throws(ListeningSocket.Failure) -> Plan {
    var plan = Plan()
    for need in needs {
      let descriptor = need.descriptor
      if let found = running[descriptor.name], found.own == need.own {
        plan.running[descriptor.name] = found
        continue
      }
      let secret = descriptor.simulatedCredential("simulated-" + Hex.text(SecureRandom.bytes(12)))
      do throws(ListeningSocket.Failure) {
        let socket = try await SimulatorServer.start(descriptor, secret: secret, group: group)
        plan.started.append(socket)
        let simulation = UpstreamService.Simulation(port: socket.port, secret: Secret(secret))
        plan.running[descriptor.name] = Running(own: need.own, socket: socket, simulation: simulation)
      } catch {
        await abandon(plan)
        throw error
      }
    }
    return plan
  }

  /// The plan is in force: a simulator that nobody needs takes no more sessions; those that are open go on.
  func commit(_ plan: Plan) async {
    let old = running
    running = plan.running
    for (name, simulator) in old where running[name]?.simulation.port != simulator.simulation.port { await simulator.socket.close() }
  }

  func abandon(_ plan: Plan) async {
    for socket in plan.started { await socket.close() }
  }
}
