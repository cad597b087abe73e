/// Values found by key, and chained from the one idle longest to the one used last.
///
/// A place is an index that holds until the next removal.
struct IdleTable<Key: Hashable, Value> {
  private struct Entry {
    let key: Key
    var value: Value
    /// Neighbours in the chain, as indices; -1 at its ends.
    var older = -1
    var newer = -1
  }

  private var index: [Key: Int] = [:]
  private var entries: [Entry] = []
  private var first = -1
  private var last = -1

  var count: Int { entries.count }

  /// Where the one idle longest is.
  var oldest: Int? { first >= 0 ? first : nil }

  func place(of key: Key) -> Int? { index[key] }

  func value(at place: Int) -> Value { entries[place].value }

  /// Changes a value where it is. No use in the sense of the chain.
  mutating func update<Result>(at place: Int, _ body: (inout Value) -> Result) -> Result {
    body(&entries[place].value)
  }

  /// Adds what is not there yet, as the one used last.
  mutating func add(_ key: Key, _ value: Value) {
    entries.append(Entry(key: key, value: value))
    index[key] = entries.count - 1
    link(entries.count - 1)
  }

  /// Makes it the one used last.
  mutating func touch(_ place: Int) {
    guard place != last else { return }
    unlink(place)
    link(place)
  }

  mutating func remove(_ place: Int) {
    unlink(place)
    index[entries[place].key] = nil
    // The last entry fills the gap.
    let end = entries.count - 1
    if place != end {
      let moved = entries[end]
      entries[place] = moved
      index[moved.key] = place
      if moved.older >= 0 { entries[moved.older].newer = place } else { first = place }
      if moved.newer >= 0 { entries[moved.newer].older = place } else { last = place }
    }
    entries.removeLast()
  }

  private mutating func link(_ place: Int) {
    entries[place].older = last
    entries[place].newer = -1
    if last >= 0 { entries[last].newer = place } else { first = place }
    last = place
  }

  private mutating func unlink(_ place: Int) {
    let (older, newer) = (entries[place].older, entries[place].newer)
    if older >= 0 { entries[older].newer = newer } else { first = newer }
    if newer >= 0 { entries[newer].older = older } else { last = older }
  }
}
