/// What a guard says to a client's evidence.
public enum Identification: Sendable, Equatable {
  case caller(Caller)
  /// The client presented nothing that this guard looks at.
  case absent
  /// What it presented is not accepted.
  case refused(CredentialError)
  /// Whether it would be accepted cannot be told now, through no fault of the client: whoever has to be asked does not answer.
  case unavailable(CredentialError)
  /// Somebody has to be asked first: make the request, and hand the answer to ``CallerGuard/receive(_:to:for:now:)``.
  case ask(Inquiry)
}
