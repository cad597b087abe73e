/// One way to find out who is calling. It does no I/O: what it needs to know from others, it says.
///
/// Calls may come from many threads at once.
public protocol CallerGuard: Sendable {
  /// The method's name in metrics and records.
  var method: String { get }

  /// Decides, or says what has to be asked first.
  func identify(_ evidence: Evidence, now: Moment) -> Identification

  /// Takes the answer to what ``identify(_:now:)`` asked, and decides for the same evidence, or asks what comes next.
  ///
  /// Several who asked the same may each hand in the one answer they got.
  func receive(_ answer: InquiryAnswer, to inquiry: Inquiry, for evidence: Evidence, now: Moment) -> Identification
}

extension CallerGuard {
  /// Guards that ask nobody.
  public func receive(_ answer: InquiryAnswer, to inquiry: Inquiry, for evidence: Evidence, now: Moment) -> Identification {
    .refused(CredentialError("unasked"))
  }
}
