/// Why a recording cannot be sent to a vendor.
public enum CallProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// The vendor makes audio and takes none.
  case takesNoAudio(vendor: String)
  /// Nothing is known of what clients say to it.
  case unknown(vendor: String)
  /// The recording has no samples.
  case empty
  /// The vendor's messages are of a kind that is not written here.
  case codec(vendor: String, codec: String)
  /// None of the formats that the vendor takes can be made from samples.
  case noFormat(vendor: String, formats: [String])
  /// The format that the URL asks for is a packet codec.
  case cannotEncode(AudioFormat)
  /// The format that the URL asks for is none of the vendor's.
  case format(FormatProblem)

  public var description: String {
    switch self {
    case .takesNoAudio(let vendor): "vendor '\(vendor)' takes no audio; expected one that hears"
    case .unknown(let vendor): "what clients say to '\(vendor)' is not in the catalogue"
    case .empty: "the recording has no samples"
    case .codec(let vendor, let codec): "vendor '\(vendor)' wants '\(codec)' messages; expected JSON, plain text or binary audio"
    case .noFormat(let vendor, let formats):
      "vendor '\(vendor)' takes \(formats.isEmpty ? "no format that is known" : formats.joined(separator: ", ")); expected a raw one"
    case .cannotEncode(let format): "the url asks for \(format.encoding.rawValue), which is not encoded here; expected a raw format"
    case .format(let problem): problem.description
    }
  }
}
