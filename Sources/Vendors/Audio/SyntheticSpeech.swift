/// Speech-like sound: one voiced, rounded burst for each syllable. It is nobody's voice; it has the loudness, pauses and pace of speech,
/// which is what detectors, meters and ears need in a test.
public enum SyntheticSpeech {
  public static let syllableMilliseconds = 160
  public static let gapMilliseconds = 80

  /// `syllables` syllables at `rate`, with no silence before or after.
  public static func samples(syllables: Int, rate: Int, pitch: Double = 140, loudness: Double = 9000) -> [Int16] {
    var output: [Int16] = []
    let voiced = rate * syllableMilliseconds / 1000
    let gap = rate * gapMilliseconds / 1000
    output.reserveCapacity(syllables * (voiced + gap))
    for index in 0..<max(syllables, 0) {
      // The pitch falls slowly and wavers a little, as a sentence's does.
      let tone = pitch * (1 - 0.01 * Double(index % 12)) * (index % 2 == 0 ? 1 : 1.06)
      for position in 0..<voiced {
        output.append(Int16(clamping: Int(sample(position, of: voiced, rate: rate, tone: tone) * loudness)))
      }
      if index + 1 < syllables { output += [Int16](repeating: 0, count: gap) }
    }
    return output
  }

  public static func silence(milliseconds: Int, rate: Int) -> [Int16] {
    [Int16](repeating: 0, count: max(rate * milliseconds / 1000, 0))
  }

  /// Speech for a text: a syllable for each word.
  public static func samples(speaking text: String, rate: Int) -> [Int16] {
    samples(syllables: max(text.split(whereSeparator: \.isWhitespace).count, 1), rate: rate)
  }

  private static func sample(_ position: Int, of length: Int, rate: Int, tone: Double) -> Double {
    let phase = Double(position) / Double(max(length, 1))
    // A raised-cosine envelope, by a parabola: 0 at both ends, 1 in the middle, no trigonometry needed.
    let envelope = 4 * phase * (1 - phase)
    let cycle = tone * Double(position) / Double(rate)
    return envelope * (0.6 * wave(cycle) + 0.25 * wave(2 * cycle) + 0.15 * wave(5 * cycle))
  }

  /// A sine of period 1, by the parabola that meets it at its zeros and peaks (within 6 %).
  private static func wave(_ cycles: Double) -> Double {
    let phase = cycles - cycles.rounded(.down)
    return phase < 0.5 ? 16 * phase * (0.5 - phase) : -16 * (phase - 0.5) * (1 - phase)
  }
}
