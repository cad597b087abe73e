extension VendorDescriptor {
  /// A server of which nothing is known but its address: audio goes to it as binary messages, binary messages of its own are taken for
  /// audio in the same format, and text is text.
  public static func plain(speaking format: AudioFormat) -> VendorDescriptor {
    var vendor = VendorDescriptor()
    vendor.name = "plain"
    vendor.kind = .speechToSpeech
    vendor.codec.client = .plainTextAndBinaryAudio
    vendor.codec.server = .plainTextAndBinaryAudio
    vendor.audio.client = .binary
    vendor.audio.server = .binary
    var fixed = FormatRules.Fixed()
    fixed.encoding = format.encoding.rawValue
    fixed.rate = format.rate
    fixed.channels = format.channels
    vendor.audio.format.defaults.input = fixed
    vendor.audio.format.defaults.output = fixed
    return vendor
  }
}
