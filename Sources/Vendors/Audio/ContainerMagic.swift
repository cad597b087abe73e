/// What the first bytes of a stream say about its container.
public enum ContainerMagic: String, Sendable, Equatable, CaseIterable {
  case wav, ogg, webm, flac, mp3, mp4, amr

  /// The container that `bytes` begins, nil for none that is known. Needs 12 bytes to be sure of WAV and MP4.
  public static func sniff(_ bytes: [UInt8]) -> ContainerMagic? {
    func has(_ text: String, at offset: Int = 0) -> Bool {
      bytes.count >= offset + text.utf8.count && bytes[offset..<(offset + text.utf8.count)].elementsEqual(text.utf8)
    }
    if has("RIFF") && has("WAVE", at: 8) { return .wav }
    if has("OggS") { return .ogg }
    if bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return .webm }
    if has("fLaC") { return .flac }
    if has("ID3") { return .mp3 }
    if has("ftyp", at: 4) { return .mp4 }
    if has("#!AMR") { return .amr }
    // An MPEG audio frame: eleven bits of sync, then neither the reserved version, layer, bit rate nor sample rate.
    if bytes.count >= 3, bytes[0] == 0xFF, bytes[1] & 0xE0 == 0xE0, bytes[1] & 0x18 != 0x08, bytes[1] & 0x06 != 0,
      bytes[2] >> 4 != 15, bytes[2] & 0x0C != 0x0C
    {
      return .mp3
    }
    return nil
  }
}
