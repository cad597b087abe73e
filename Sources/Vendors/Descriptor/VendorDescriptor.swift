import Configuration

/// Everything that is to be known about one realtime endpoint of a vendor, as data. Authentication, hosts and formats belong to an
/// endpoint, not to a vendor: `deepgram.listen` and `deepgram.agent` share neither host nor audio rules.
///
/// The keys are what such endpoints differ in. What isn't known about one is left out.
public struct VendorDescriptor: Sendable {
  /// `vendor.endpoint`, as an upstream's `vendor` names it.
  public var name = ""
  public var title = ""
  /// Whose descriptor it has what it does not say itself from.
  public var like: String?
  public var kind = VendorKind.speechToText
  /// Where the facts come from: pages, specifications, client packages with their versions.
  public var sources: [String] = []
  public var endpoint = EndpointRules()
  public var credential = CredentialRules()
  public var strip = StripRules()
  public var handshake = HandshakeRules()
  public var initRequest: InitRequest?
  public var codec = CodecRules()
  public var discriminator: [Discriminator] = []
  public var audio = AudioRules()
  public var lifecycle = Lifecycle()
  public var conversation = ConversationRules()
  public var memory: [String: MemoryRule] = [:]
  public var keepalive = KeepaliveRules()
  public var close = CloseRules()
  public var errors = ErrorRules()
  public var usage = UsageRules()
  public var limits = VendorLimits()
  /// Nil where no session can take up another.
  public var handover: HandoverRules?
  /// Region -> values for the `{name}` places of the URL. `default` is used where no region is chosen.
  public var regions: [String: [String: String]] = [:]
  public var simulation: Simulation?

  public init() {}
}

extension VendorDescriptor: Section {
  public static let section = SectionDescription<VendorDescriptor>(
    "Vendor", "One realtime endpoint of a vendor, described: the catalogue and your own `vendors` have this one format.",
    fields: [
      Field("like", \.like, .text, "Another vendor's name: what is not said here is as it is there, and `null` takes a key away."),
      Field("title", \.title, .text, "What people call it."),
      Field("kind", \.kind, .choice, required: true, "What it does with audio."),
      Field("source", \.sources, .list(of: .text, single: true), "Where its facts come from."),
      Field("endpoint", \.endpoint, .section, required: true, "Its URL and query."),
      Field("credential", \.credential, .section, "How a secret gets there."),
      Field("strip", \.strip, .section, "What of a client's request is removed."),
      Field("handshake", \.handshake, .section, "Headers and subprotocols of the upgrade."),
      Field("init", \.initRequest, .section, "A request beforehand that returns the URL."),
      Field("codec", \.codec, .section, "What frames hold, in each direction."),
      Field("discriminator", \.discriminator, .list(of: Discriminator.type, single: true), "Where a message says what it is."),
      Field("audio", \.audio, .section, "How audio travels and what it may be."),
      Field("lifecycle", \.lifecycle, .section, "What has to happen before audio."),
      Field("conversation", \.conversation, .section, "What its messages say: words, turns, and how a plain client begins."),
      Field(
        "memory", \.memory, .map(of: .section, noun: "memory"),
        "Name -> a value of earlier messages, for the messages of `keepalive` and `close`."),
      Field("keepalive", \.keepalive, .section, "What keeps a silent session open."),
      Field("close", \.close, .section, "How to end so that nothing is lost."),
      Field("errors", \.errors, .section, "How it reports failures."),
      Field("usage", \.usage, .section, "Where it says what is billed."),
      Field("limits", \.limits, .section, "Its limits."),
      Field("handover", \.handover, .section, "How another session takes up where one has ended."),
      Field(
        "regions", \.regions, .map(of: .map(of: .text), noun: "region"),
        "Region -> values of URL variables; `default` where none is chosen."),
      Field("simulation", \.simulation, .section, "How its simulator behaves."),
    ],
    check: { value, node, place, reader in DescriptorCheck.check(value, node, place, &reader) })
}
