import Configuration

/// What happens to the query on its way to the upstream. Vendors, upstreams and routes each have such rules.
public struct QueryRules: Sendable, Equatable {
  public struct Pair: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Given where the client gives none.
  public var defaults: [Pair]
  /// Given whatever the client gives.
  public var forced: [Pair]
  /// The only names that pass from a client; nil for all.
  public var allow: [String]?
  /// Names that don't pass.
  public var deny: [String]
  /// The client's name -> the upstream's.
  public var rename: [String: String]
  /// Names without which the upstream refuses.
  public var required: [String]
  /// Sets of names of which one has to be there; a default for one yields to the presence of another.
  public var oneOf: [[String]]
  /// Names whose repeats become one comma-separated value.
  public var commaLists: [String]

  public init(
    defaults: [Pair] = [], forced: [Pair] = [], allow: [String]? = nil, deny: [String] = [], rename: [String: String] = [:],
    required: [String] = [], oneOf: [[String]] = [], commaLists: [String] = []
  ) {
    self.defaults = defaults
    self.forced = forced
    self.allow = allow
    self.deny = deny
    self.rename = rename
    self.required = required
    self.oneOf = oneOf
    self.commaLists = commaLists
  }

  /// What of the client's passes.
  func filtered(_ query: Query) -> Query {
    var items = query.items
    for index in items.indices {
      if let new = rename[items[index].name] { items[index].rawName = Percent.encode(new) }
    }
    items.removeAll { item in
      let name = item.name
      return deny.contains(name) || (allow.map { !$0.contains(name) } ?? false)
    }
    return Query(items: items)
  }

  /// The query with these rules' own values, which yield to what is there only where they are defaults.
  func completed(_ query: Query, oneOf groups: [[String]]) -> Query {
    var query = query
    for name in Set(forced.map(\.name)) { query.remove(name) }
    query.items += forced.map { Query.Item($0.name, $0.value) }
    let present = Set(query.items.map(\.name))
    for pair in defaults where !present.contains(pair.name) {
      let alternatives = groups.filter { $0.contains(pair.name) }.flatMap { $0 }
      if !alternatives.contains(where: present.contains) { query.items.append(Query.Item(pair.name, pair.value)) }
    }
    return query
  }

  /// Repeats of `commaLists` as one item, where the first of them stood. The comma is legal as it is in a query.
  func joined(_ query: Query) -> Query {
    var query = query
    for name in commaLists where query.values(name).count > 1 {
      guard let first = query.items.firstIndex(where: { $0.name == name }) else { continue }
      query.items[first].rawValue = query.items.filter { $0.name == name }.map { $0.rawValue ?? "" }.joined(separator: ",")
      query.items = query.items.enumerated().filter { $0.offset == first || $0.element.name != name }.map(\.element)
    }
    return query
  }

  /// The first demand that the query does not meet: the names of which any would do. Nil where all are met.
  public func missing(in query: Query) -> [String]? {
    if let name = required.first(where: { !query.contains($0) }) { return [name] }
    return oneOf.first { group in !group.contains { query.contains($0) } }
  }
}

extension QueryRules: Section {
  public init() { self.init(defaults: []) }

  public static let section = SectionDescription<QueryRules>(
    "QueryRules", "What happens to the query on its way to the upstream. Repeats stay repeated, credentials never pass.",
    fields: [
      Field(
        "defaults", \.defaults, ValueTypes.pairs,
        "Parameters given where the client gives none; `{uuid}` in them is fresh for each connection."),
      Field("forced", \.forced, ValueTypes.pairs, "Parameters given whatever the client gives."),
      Field("allow", \.allow, .list(of: .text, single: true), "The only names that pass from a client; all where absent."),
      Field("deny", \.deny, .list(of: .text, single: true), "Names that do not pass."),
      Field("rename", \.rename, .map(of: .text), "The client's name -> the upstream's."),
      Field("required", \.required, .list(of: .text, single: true), "Names without which the upstream refuses."),
      Field(
        "one_of", \.oneOf, .list(of: .list(of: .text)),
        "Sets of names of which one has to be there; a default for one yields to another."),
      Field("comma_lists", \.commaLists, .list(of: .text, single: true), "Names whose repeats become one comma-separated value."),
    ])
}
