import Logging

/// Reads secrets again that may have changed: those of the route table in force, each as often as its upstreams say.
struct SecretWatch: Sendable {
  let core: GatewayCore

  /// Until its task is cancelled.
  func run() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(1))
      await refreshWhatIsDue()
    }
  }

  func refreshWhatIsDue() async {
    for upstream in core.snapshot.upstreams {
      guard let interval = upstream.refresh else { continue }
      for credential in upstream.credentials where credential.secret.isDue(interval, now: UpstreamTable.now) {
        say(await core.upstreams.refresh(credential.secret), credential.reference.description, of: upstream.name)
      }
    }
  }

  private func say(_ reading: RotatingSecret.Reading, _ source: String, of upstream: String) {
    let fields: Logger.Metadata = ["upstream": "\(upstream)", "credential": "\(source)"]
    switch reading {
    case .same: break
    case .changed: core.logger.notice("credential replaced", metadata: fields)
    case .failed(let error):
      core.logger.error(
        "credential not replaced: the earlier one stays in force", metadata: fields.merging(["error": "\(error)"]) { own, _ in own })
    }
  }
}
