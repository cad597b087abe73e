/// What a simulator understands: one word for each syllable it hears, always the same ones in the same order.
enum SimulatorWords {
  private static let list = """
    every word you hear comes from one small list because the simulator counts syllables and cannot tell what they mean \
    still it knows when you began how long you spoke and where you paused so that times and totals are true
    """.split(separator: " ").map(String.init)

  static func word(_ index: Int) -> String { list[index % list.count] }
}
