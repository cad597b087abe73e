/// Counts peaks in a row of loudness values: a peak counts when the loudness falls to 60 % of it, and the next begins when it rises to 5/3
/// of the dip.
struct SyllableCounter: Sendable {
  private var smooth: Double?
  private var rising = true
  private var extreme = 0.0
  private var begin: Int?

  /// The range of a syllable that this frame shows to be over. Values below `floor` make no peak.
  @discardableResult
  mutating func take(_ loudness: Double, start: Int, end: Int, floor: Double) -> Range<Int>? {
    // Half of the old and half of the new: 20 ms ripples of a pitch period do not look like syllables.
    let value = smooth.map { ($0 + loudness) / 2 } ?? loudness
    smooth = value
    if begin == nil { begin = start }
    if rising {
      extreme = max(extreme, value)
      if extreme >= floor, value <= extreme * 0.6 {
        rising = false
        extreme = value
        let range = (begin ?? start)..<end
        begin = nil
        return range
      }
    } else {
      // The syllable to come begins at the lowest point of the dip.
      if value <= extreme {
        extreme = value
        begin = start
      }
      if value >= extreme * 5 / 3, value >= floor / 2 {
        rising = true
        extreme = value
      }
    }
    return nil
  }

  /// A syllable whose fall was cut off by the end.
  mutating func finish(end: Int) -> Range<Int>? {
    guard rising, extreme > 0, let begin, begin < end else { return nil }
    self.begin = nil
    rising = false
    return begin..<end
  }
}
