import Configuration

/// A close frame's code and reason.
public struct CloseFrame: Sendable, Equatable {
  public var code = 1000
  public var reason = ""

  public init() {}

  public init(code: Int, reason: String = "") {
    self.code = code
    self.reason = reason
  }
}

extension CloseFrame: Section {
  public static let section = SectionDescription<CloseFrame>(
    "VendorClose", "A close frame.",
    fields: [
      Field("code", \.code, ValueTypes.closeCode, required: true, "RFC 6455 close code."),
      Field("reason", \.reason, .anyText, "Reason."),
    ])
}
