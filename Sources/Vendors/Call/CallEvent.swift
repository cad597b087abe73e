/// Something that happened in a call, for whoever watches it.
public enum CallEvent: Sendable, Equatable {
  /// The vendor takes audio from now on.
  case ready
  /// Audio is on its way, in this format.
  case sending(AudioFormat, seconds: Double)
  /// The whole recording has been sent; silence follows where the vendor needs it to notice.
  case sent
  case transcript(CallTranscript)
  /// A piece of returned audio, in the script's `outputFormat`.
  case audio([UInt8])
  /// A turn is over.
  case turnEnded
  case failure(code: String?, text: String, isFatal: Bool)
  /// The vendor says what is billed.
  case usage(amount: Double, unit: String)
  /// Any other message, by the name that the vendor gives it.
  case message(name: String)
  /// Text that is no JSON.
  case text(String)
  /// Something was waited for and did not come.
  case late(awaited: String, after: Duration)
}
