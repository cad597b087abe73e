import Logging

extension GatewayCore {
  /// Says what is served, and what is not served as one might think.
  func reportRoutes() {
    for service in snapshot.routes {
      let upstream = service.upstream
      var fields: Logger.Metadata = [
        "route": "\(service.name)", "upstream": "\(upstream.name)", "enabled": .stringConvertible(service.policy.enabled),
      ]
      if upstream.isSimulated { fields["simulated"] = .stringConvertible(true) }
      if upstream.isSimulated {
        logger.warning("route is served by the vendor's simulator: its credential is not set", metadata: fields)
      } else if service.endpoint.credentialPlacement != nil, upstream.secret == nil {
        logger.error("route has no credential for its upstream: every session will be refused", metadata: fields)
      } else {
        logger.info("route", metadata: fields)
      }
    }
  }

  /// Says what the system lets this process have, and how many sessions that is.
  func reportCapacity() {
    var fields: Logger.Metadata = [
      "sessions": .stringConvertible(admission.connections.capacity),
      "handshakes": .stringConvertible(admission.handshakes.limits.total), "reactors": .stringConvertible(reactors.count),
      "descriptors": .stringConvertible(capacity.descriptors),
    ]
    fields["memory_mib"] = capacity.memory.map { .stringConvertible($0 >> 20) }
    logger.info("capacity", metadata: fields)
  }
}
