/// How audio samples are written as bytes: the gateway's canonical names, to which a descriptor's `audio.allowed` maps a vendor's own
/// (`linear16`, `pcm16`, `audio/pcm`, ... are all `pcm_s16le`).
public enum AudioEncoding: String, Sendable, Hashable, CaseIterable {
  case pcmS16LE = "pcm_s16le"
  case pcmS16BE = "pcm_s16be"
  case pcmS24LE = "pcm_s24le"
  case pcmS24BE = "pcm_s24be"
  case pcmS32LE = "pcm_s32le"
  case pcmS32BE = "pcm_s32be"
  case pcmU16LE = "pcm_u16le"
  case pcmU16BE = "pcm_u16be"
  case pcmU32LE = "pcm_u32le"
  case pcmU32BE = "pcm_u32be"
  /// IEEE 754 numbers from -1 to 1.
  case pcmF16LE = "pcm_f16le"
  case pcmF32LE = "pcm_f32le"
  case pcmF32BE = "pcm_f32be"
  case pcmS8 = "pcm_s8"
  case pcmU8 = "pcm_u8"
  /// ITU-T G.711 mu-law, one byte a sample.
  case mulaw
  /// ITU-T G.711 A-law, one byte a sample.
  case alaw
  case opus
  case oggOpus = "ogg_opus"
  case webmOpus = "webm_opus"
  case flac
  case mp3
  case aac
  case amrNB = "amr_nb"
  case amrWB = "amr_wb"
  case speex
  case g729
  /// A file or stream that says itself what it holds (WAV, Ogg, WebM, ...): sniffed from its first bytes.
  case container

  /// Bytes of one sample of one channel; nil where packets, not samples, are the unit.
  public var bytesPerSample: Int? {
    switch self {
    case .pcmS16LE, .pcmS16BE, .pcmU16LE, .pcmU16BE, .pcmF16LE: 2
    case .pcmS24LE, .pcmS24BE: 3
    case .pcmS32LE, .pcmS32BE, .pcmU32LE, .pcmU32BE, .pcmF32LE, .pcmF32BE: 4
    case .pcmS8, .pcmU8, .mulaw, .alaw: 1
    case .opus, .oggOpus, .webmOpus, .flac, .mp3, .aac, .amrNB, .amrWB, .speex, .g729, .container: nil
    }
  }

  /// Whether bytes stand for samples one by one, so that durations follow from byte counts.
  public var isRaw: Bool { bytesPerSample != nil }
}
