/// Counts of times in nanoseconds; a bucket is at most 1/256 of its value wide.
struct Histogram {
  private static let steps = 256
  private var buckets = [UInt64](repeating: 0, count: 40 * steps)
  private(set) var count: UInt64 = 0
  private(set) var maximum: Int64 = 0

  @inline(__always)
  mutating func record(_ nanoseconds: Int64) {
    buckets[Self.index(nanoseconds)] += 1
    count += 1
    maximum = max(maximum, nanoseconds)
  }

  /// The value that `fraction` of all recorded values do not exceed, in nanoseconds.
  func percentile(_ fraction: Double) -> Int64 {
    let rank = UInt64((Double(count) * fraction).rounded(.up))
    var seen: UInt64 = 0
    for (index, bucket) in buckets.enumerated() {
      seen += bucket
      if bucket > 0 && seen >= rank { return min(Self.upperBound(index), maximum) }
    }
    return maximum
  }

  @inline(__always)
  private static func index(_ value: Int64) -> Int {
    guard value >= steps else { return max(0, Int(value)) }
    let shift = 55 - value.leadingZeroBitCount  // value >> shift is in 256..<512
    return min((shift + 1) * steps + Int(value >> shift) - steps, 40 * steps - 1)
  }

  private static func upperBound(_ index: Int) -> Int64 {
    guard index >= steps else { return Int64(index) }
    let shift = index / steps - 1
    return (Int64(index % steps + steps + 1) << shift) - 1
  }
}
