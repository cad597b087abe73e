/// The members of a JSON object in the order they were written. Names are compared byte by byte (RFC 8259 section 8.3), not by Swift's
/// canonical equivalence, under which a Kelvin sign would pass for a `K`.
public struct JSONObject: Sendable, Equatable {
  public struct Member: Sendable, Equatable {
    public var name: String
    public var value: JSONValue

    public init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  public var members: [Member]

  public init(_ members: [Member] = []) { self.members = members }

  public var count: Int { members.count }
  public var isEmpty: Bool { members.isEmpty }
  public var names: [String] { members.map(\.name) }

  /// The value of a member; the last one counts where duplicates were allowed. Setting replaces in place or appends, setting nil removes.
  public subscript(name: String) -> JSONValue? {
    get { members.last { JSONObject.same($0.name, name) }?.value }
    set {
      guard let newValue else {
        members.removeAll { JSONObject.same($0.name, name) }
        return
      }
      if let index = members.lastIndex(where: { JSONObject.same($0.name, name) }) {
        members[index].value = newValue
      } else {
        members.append(Member(name, newValue))
      }
    }
  }

  static func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

  /// The first name that occurs twice.
  var duplicate: String? {
    if members.count <= 16 {
      for index in members.indices.dropFirst() where members[..<index].contains(where: { JSONObject.same($0.name, members[index].name) }) {
        return members[index].name
      }
      return nil
    }
    var seen = Set<[UInt8]>(minimumCapacity: members.count)
    return members.first { !seen.insert(Array($0.name.utf8)).inserted }?.name
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) { members = elements.map { Member($0.0, $0.1) } }
}

extension JSONObject: Sequence {
  public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}
