import JSON

/// Which of a client's messages another session with the vendor would have to hear: compiled once, shared by all sessions of a route.
public final class ReplayPlan: Sendable {
  let client: ListeningPlan
  /// Messages that make a session what it is.
  let opening: [ScannedMatch]
  let resume: JSONPath?
  /// Whether the vendor says when it is ready, so that audio has to wait for that.
  public let waitsForReady: Bool
  /// Whether the vendor says in any way what it has understood. Where not, nothing but the opening is said again: it would be said twice.
  let isMarked: Bool
  private let errors: ErrorRules

  /// - Returns: nil where the vendor's descriptor does not allow that a session takes up another.
  /// - Throws: `InspectionError` for paths or matches that need more than single values.
  public init?(_ vendor: VendorDescriptor) throws(InspectionError) {
    guard let rules = vendor.handover else { return nil }
    let matches = rules.replay + [vendor.lifecycle.firstMessage?.match].compactMap { $0 }
    var needs = ListeningPlan.Needs()
    needs.add(matches)
    let client = try ListeningPlan(vendor, .client, needs: needs, comparesText: false)
    self.client = client
    opening = client.text == .json ? try client.scanned(matches) : []
    resume = rules.resume?.path
    waitsForReady = if case .stages = vendor.lifecycle.ready { true } else { false }
    let saysWords = vendor.kind == .speechToText && vendor.conversation.transcripts.contains { $0.speaker == .client && $0.form == .final }
    isMarked = !vendor.conversation.turnEnd.isEmpty || saysWords
    errors = vendor.errors
  }

  /// Whether a Close of the vendor's is none that ends what the client wanted: its own fault, its time limit, or a place that goes away.
  ///
  /// - Parameter code: nil where there was none.
  public func isLoss(code: Int?, reason: String) -> Bool {
    guard let code else { return false }
    if let meaning = errors.meaning(of: code, reason: reason) { return meaning.kind == .retryable }
    // Going away, service restart, try again later (RFC 6455 section 7.4.1 and the registry it founded).
    return [1001, 1012, 1013].contains(code)
  }
}
