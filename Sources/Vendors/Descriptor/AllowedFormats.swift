import Configuration

/// Which formats a vendor takes and gives: its own names, and what they are.
public struct AllowedFormats: Sendable, Equatable {
  public struct Format: Sendable, Equatable {
    public var codec = AudioEncoding.pcmS16LE
    /// Nil for any.
    public var rates: [Int]?
    /// The rate where none is said.
    public var defaultRate: Int?
    /// Bounds of rates, where only they are known.
    public var minRate: Int?
    public var maxRate: Int?
    /// Nil for any.
    public var channels: [Int]?

    public init() {}
  }

  public var input: [String: Format] = [:]
  public var output: [String: Format] = [:]

  public init() {}
}

extension AllowedFormats: Section {
  public static let section = SectionDescription<AllowedFormats>(
    "VendorAllowedFormats", "The vendor's names of formats, and what they are.",
    fields: [
      Field("input", \.input, .map(of: .section, noun: "encoding"), "Audio of the client."),
      Field("output", \.output, .map(of: .section, noun: "encoding"), "Audio of the vendor."),
    ])
}

extension AllowedFormats.Format: Section {
  public static let section = SectionDescription<AllowedFormats.Format>(
    "VendorFormat", "One format.",
    fields: [
      Field("codec", \.codec, .choice, required: true, "What it is."),
      Field("rates", \.rates, .list(of: .integer(1...768_000), single: true), "Sample rates in Hz; any where absent."),
      Field("default_rate", \.defaultRate, .integer(1...768_000), "The rate where none is declared."),
      Field("min_rate", \.minRate, .integer(1...768_000), "Lowest sample rate in Hz."),
      Field("max_rate", \.maxRate, .integer(1...768_000), "Highest sample rate in Hz."),
      Field("channels", \.channels, .list(of: .integer(1...64), single: true), "Channel counts; any where absent."),
    ])
}
