import TestSupport
import Testing
@testable import Guards

@Suite struct IdleTableTests {
  /// Against a plain list of keys, the one idle longest first.
  @Test(arguments: [171, 172, 173] as [UInt64])
  func agreesWithAModel(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var table = IdleTable<Int, Int>()
    var model: [(key: Int, value: Int)] = []
    for step in 0..<20_000 {
      let key = Int.random(in: 0..<60, using: &random)
      let index = model.firstIndex { $0.key == key }
      let place = table.place(of: key)
      #expect((place == nil) == (index == nil), "seed \(seed), step \(step)")
      switch (Int.random(in: 0..<4, using: &random), index, place) {
      case (0, .some(let index), .some(let place)):
        table.touch(place)
        model.append(model.remove(at: index))
      case (1, .some(let index), .some(let place)):
        table.remove(place)
        model.remove(at: index)
      case (2, .some(let index), .some(let place)):
        table.update(at: place) { $0 = step }
        model[index].value = step
      case (3, _, _):
        if let oldest = table.oldest {
          #expect(table.value(at: oldest) == model.first?.value, "seed \(seed), step \(step)")
          if model.count > 30 {
            table.remove(oldest)
            model.removeFirst()
          }
        }
      case (_, nil, _):
        table.add(key, step)
        model.append((key, step))
      default: Issue.record("seed \(seed), step \(step): the table and the model differ")
      }
      #expect(table.count == model.count, "seed \(seed), step \(step)")
      for (key, value) in model where step % 97 == 0 {
        #expect(table.place(of: key).map { table.value(at: $0) } == value, "seed \(seed), step \(step)")
      }
    }
    while let oldest = table.oldest {
      #expect(table.value(at: oldest) == model.removeFirst().value, "seed \(seed)")
      table.remove(oldest)
    }
    #expect(model.isEmpty, "seed \(seed)")
  }
}
