/// One audio stream's encoding, sample rate and channel count.
public struct AudioFormat: Sendable, Hashable, CustomStringConvertible {
  public var encoding: AudioEncoding
  /// Samples per second of each channel.
  public var rate: Int
  public var channels: Int

  public init(encoding: AudioEncoding, rate: Int, channels: Int = 1) {
    self.encoding = encoding
    self.rate = rate
    self.channels = channels
  }

  /// Bytes of one sample of all channels: the unit that a raw audio message must be a multiple of. Nil for packet codecs.
  public var bytesPerFrame: Int? { encoding.bytesPerSample.map { $0 * channels } }

  /// Bytes of one second; nil for packet codecs, whose rate varies.
  public var bytesPerSecond: Int? { bytesPerFrame.map { $0 * rate } }

  /// Seconds that `bytes` bytes last; nil for packet codecs.
  public func seconds(bytes: Int) -> Double? {
    guard let bytesPerSecond, bytesPerSecond > 0 else { return nil }
    return Double(bytes) / Double(bytesPerSecond)
  }

  public var description: String { "\(encoding.rawValue) at \(rate) Hz, \(channels) channel\(channels == 1 ? "" : "s")" }
}
