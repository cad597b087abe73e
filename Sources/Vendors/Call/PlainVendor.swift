extension VendorDescriptor {
  /// A server of which nothing is known but its address: audio goes to it as binary messages, binary messages of its own are taken for
  /// audio, and text is text.
  public static var plain: VendorDescriptor {
    var vendor = VendorDescriptor()
    vendor.name = "plain"
    vendor.kind = .speechToSpeech
    vendor.codec.client = .plainTextAndBinaryAudio
    vendor.codec.server = .plainTextAndBinaryAudio
    vendor.audio.client = .binary
    vendor.audio.server = .binary
    for encoding in AudioEncoding.allCases { vendor.audio.allowed.input[encoding.rawValue] = AllowedFormats.Format(codec: encoding) }
    // The name that most vendors have for it.
    vendor.audio.allowed.input["linear16"] = AllowedFormats.Format(codec: .pcmS16LE)
    vendor.audio.allowed.output = vendor.audio.allowed.input
    return vendor
  }

  /// The same, where both ends speak this format.
  public static func plain(speaking format: AudioFormat) -> VendorDescriptor {
    var vendor = plain
    var fixed = FormatRules.Fixed()
    fixed.encoding = format.encoding.rawValue
    fixed.rate = format.rate
    fixed.channels = format.channels
    vendor.audio.format.defaults.input = fixed
    vendor.audio.format.defaults.output = fixed
    return vendor
  }
}
