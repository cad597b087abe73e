import Configuration
import YAML

/// What has to happen before audio.
public struct Lifecycle: Sendable, Equatable {
  public struct FirstMessage: Sendable, Equatable {
    /// The client has to send it.
    public var match: MessageMatch?
    /// The gateway may send it in the client's stead.
    public var template: MessageTemplate?

    public init() {}
  }

  /// When a session is ready for audio.
  public enum Ready: Sendable, Equatable {
    /// At the 101.
    case open
    /// After these messages of the vendor, in this order.
    case stages([MessageMatch])
  }

  public var firstMessage: FirstMessage?
  public var ready = Ready.open

  public init() {}
}

extension Lifecycle: Section {
  public static let section = SectionDescription<Lifecycle>(
    "VendorLifecycle", "What has to happen before audio.",
    fields: [
      Field("first_message", \.firstMessage, .section, "The client's first message, where one is required."),
      Field("ready", \.ready, ready, "`open` where the 101 suffices, else the vendor's messages, in order."),
    ])

  private static let ready = ValueType<Ready>(
    "`open` or list of match", shape: .any([.choice(["open"]), .list(.map(.anything, keyPattern: nil), atLeast: 1)])
  ) { node, place, _, reader in
    if node.text == "open" { return .open }
    guard node.sequence != nil else {
      let suggestion = node.text.flatMap { Suggestion.nearest(to: $0, among: ["open"]) }
      reader.mismatch(node, at: place, expected: "'open' or a list of messages", suggestion: suggestion)
      return nil
    }
    let list = ValueType<[MessageMatch]>.list(of: ValueTypes.match, noun: "stage", atLeast: 1)
    return list.read(node, place, nil, &reader).map { .stages($0) }
  }
}

extension Lifecycle.FirstMessage: Section {
  public static let section = SectionDescription<Lifecycle.FirstMessage>(
    "VendorFirstMessage", "The client's first message.",
    fields: [
      Field("match", \.match, ValueTypes.match, "The client has to send it."),
      Field("template", \.template, ValueTypes.message, "The gateway may send it in the client's stead."),
    ])
}
