/// Converts PCM16 between sample rates by linear interpolation, across as many pieces as the stream comes in.
///
/// Speech at telephone and wideband rates survives this well; it does not filter what lies above the new half rate.
public struct LinearResampler: Sendable {
  public let from: Int
  public let to: Int
  private var last: Int16 = 0
  private var started = false
  /// Position of the next output sample, in 1/`to` of an input sample, relative to the sample after `last`.
  private var phase = 0

  public init(from: Int, to: Int) {
    self.from = max(from, 1)
    self.to = max(to, 1)
  }

  /// The next piece of the stream at the new rate. Cutting the stream differently gives the same samples.
  public mutating func process(_ samples: [Int16]) -> [Int16] {
    if from == to { return samples }
    var output: [Int16] = []
    output.reserveCapacity(samples.count * to / from + 1)
    for sample in samples {
      if !started {
        started = true
        last = sample
        output.append(sample)
        phase = from
        continue
      }
      // Between `last` (0) and `sample` (`to`).
      while phase <= to {
        let mixed = Int(last) * (to - phase) + Int(sample) * phase
        output.append(Int16(clamping: mixed / to))
        phase += from
      }
      phase -= to
      last = sample
    }
    return output
  }

  /// A whole recording at another rate.
  public static func convert(_ samples: [Int16], from: Int, to: Int) -> [Int16] {
    var resampler = LinearResampler(from: from, to: to)
    return resampler.process(samples)
  }
}
