import Logging
import NIOPosix
import ServiceLifecycle
import Vendors

/// Vendors' simulators alone, each on its own port, until the service is told to shut down.
public struct SimulatorService: Service {
  private let descriptors: [VendorDescriptor]
  private let firstPort: Int
  private let misbehaviour: Misbehaviour?
  private let logger: Logger

  /// - Parameter firstPort: of the first simulator, the others follow; 0 for ports that are free.
  public init(_ descriptors: [VendorDescriptor], firstPort: Int, misbehaviour: Misbehaviour?, logger: Logger) {
    self.descriptors = descriptors
    self.firstPort = firstPort
    self.misbehaviour = misbehaviour
    self.logger = logger
  }

  public func run() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    for (index, descriptor) in descriptors.enumerated() {
      let port = firstPort == 0 ? 0 : firstPort + index
      let socket = try await SimulatorServer.start(descriptor, port: port, secret: nil, misbehaviour: misbehaviour, group: group)
      let path = descriptor.endpoint.url.source.firstRange(of: "://").map { source in
        descriptor.endpoint.url.source[source.upperBound...].drop { $0 != "/" }
      }
      logger.info(
        "simulator listening",
        metadata: [
          "vendor": "\(descriptor.name)", "port": .stringConvertible(socket.port),
          "url": "ws://127.0.0.1:\(socket.port)\(path ?? "")",
        ])
    }
    try? await gracefulShutdown()
    try await group.shutdownGracefully()
  }
}
