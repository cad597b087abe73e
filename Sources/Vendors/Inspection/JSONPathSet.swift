/// A few paths for a `JSONScanner` to watch, as a tree of the names that lead to them. Each path has a slot, by which its value is asked for.
public struct JSONPathSet: Sendable {
  /// A step from one node to another: by a member's name, or by an element's index.
  struct Edge: Sendable {
    var nameStart = 0
    /// -1 for elements.
    var nameCount = -1
    /// An index, or `everyElement`.
    var element = 0
    var target = 0
  }

  struct Node: Sendable {
    var parent: Int
    var firstEdge = 0
    var edgeCount = 0
    /// Where a value is kept; no bytes for nodes that are only passed through.
    var scratchStart = 0
    var scratchCount = 0
    /// The bits of this node and of all below it.
    var subtree: UInt64 = 0
    var isWatched = false
    /// Its strings are base64: which of the tallies counts them; -1 for others.
    var base64 = -1
    /// Below a `[*]`, so that one message may hold many of its values.
    var isRepeated = false
  }

  /// A path whose strings are base64.
  public struct Base64Path: Sendable, Equatable {
    public var path: JSONPath
    /// The alphabet for URLs will do as well.
    public var isURLSafe: Bool

    public init(_ path: JSONPath, isURLSafe: Bool = false) {
      self.path = path
      self.isURLSafe = isURLSafe
    }
  }

  /// Where base64 stands.
  struct Base64Place: Sendable {
    var slot: Int
    var isURLSafe: Bool
  }

  static let everyElement = -1

  /// Nodes are the bits of one word.
  public static let limit = 64

  private(set) var nodes: [Node] = []
  private(set) var edges: [Edge] = []
  private(set) var names: [UInt8] = []
  private(set) var longestName = 0
  private(set) var scratchSize = 0
  /// Path -> slot.
  public private(set) var slots: [JSONPath: Int] = [:]
  private(set) var base64: [Base64Place] = []
  /// The bits of their nodes.
  private(set) var base64Nodes: UInt64 = 0

  /// - Parameters:
  ///   - paths: of values to be kept.
  ///   - base64: of strings to be checked and counted instead; they alone may have a `[*]`, and one at most.
  ///   - valueLimit: bytes that are kept of a string or number.
  ///   - headLimit: characters that are kept of base64, when asked for.
  public init(_ paths: [JSONPath], base64: [Base64Path], valueLimit: Int = 64, headLimit: Int = 0) throws(InspectionError) {
    var root = Branch()
    for path in paths where !base64.contains(where: { $0.path == path }) {
      guard !path.steps.contains(.every) else { throw InspectionError("'\(path.text)' has a [*]; expected a path to one value") }
      try root.insert(path.steps[...], path, limit: valueLimit)
    }
    for place in base64 {
      guard place.path.steps.count(where: { $0 == .every }) < 2 else {
        throw InspectionError("'\(place.path.text)' has more than one [*]; expected at most one")
      }
      try root.insert(place.path.steps[...], place.path, limit: headLimit)
    }
    try flatten(root, parent: -1)
    for place in base64 {
      guard let slot = slots[place.path] else { continue }
      if nodes[slot].base64 >= 0 {
        self.base64[nodes[slot].base64].isURLSafe = self.base64[nodes[slot].base64].isURLSafe || place.isURLSafe
        continue
      }
      nodes[slot].base64 = self.base64.count
      base64Nodes |= 1 << UInt64(slot)
      self.base64.append(Base64Place(slot: slot, isURLSafe: place.isURLSafe))
    }
  }

  /// The same with one path of base64, or none.
  public init(_ paths: [JSONPath], base64: JSONPath? = nil, valueLimit: Int = 64, headLimit: Int = 0) throws(InspectionError) {
    try self.init(paths, base64: base64.map { [Base64Path($0)] } ?? [], valueLimit: valueLimit, headLimit: headLimit)
  }

  /// A node while the tree grows.
  private struct Branch {
    var children: [(step: JSONPath.Step, branch: Branch)] = []
    var path: JSONPath?
    var limit = 0

    mutating func insert(_ steps: ArraySlice<JSONPath.Step>, _ path: JSONPath, limit: Int) throws(InspectionError) {
      guard let first = steps.first else {
        self.path = path
        self.limit = limit
        return
      }
      if let index = children.firstIndex(where: { $0.step == first }) {
        try children[index].branch.insert(steps.dropFirst(), path, limit: limit)
        return
      }
      // An element that two branches share would have to be followed twice.
      if first == .every, children.contains(where: { $0.step.isElement }) {
        throw InspectionError("'\(path.text)' has a [*] beside an index; expected one of them")
      }
      var branch = Branch()
      try branch.insert(steps.dropFirst(), path, limit: limit)
      children.append((first, branch))
    }
  }

  /// Parents before children, so that a subtree is a row.
  @discardableResult
  private mutating func flatten(_ branch: Branch, parent: Int, isRepeated: Bool = false) throws(InspectionError) -> Int {
    let index = nodes.count
    guard index < Self.limit else { throw InspectionError("the paths have more than \(Self.limit) steps; expected fewer") }
    var node = Node(parent: parent, firstEdge: edges.count, edgeCount: branch.children.count, isRepeated: isRepeated)
    if let path = branch.path {
      slots[path] = index
      node.isWatched = true
      node.scratchStart = scratchSize
      node.scratchCount = branch.limit
      scratchSize += branch.limit
    }
    nodes.append(node)
    for child in branch.children {
      var edge = Edge()
      switch child.step {
      case .member(let name):
        edge.nameStart = names.count
        edge.nameCount = name.utf8.count
        names += Array(name.utf8)
        longestName = max(longestName, edge.nameCount)
      case .element(let element): edge.element = element
      case .every: edge.element = Self.everyElement
      }
      edges.append(edge)
    }
    var subtree = UInt64(1) << UInt64(index)
    for (offset, child) in branch.children.enumerated() {
      let target = try flatten(child.branch, parent: index, isRepeated: isRepeated || child.step == .every)
      edges[node.firstEdge + offset].target = target
      subtree |= nodes[target].subtree
    }
    nodes[index].subtree = subtree
    return index
  }

  /// Where a member of `node` leads; -1 where nothing of it is watched.
  @inline(__always)
  func target(of node: Int, name: UnsafeRawPointer, count: Int) -> Int {
    let first = nodes[node].firstEdge
    for index in first..<(first &+ nodes[node].edgeCount) where edges[index].nameCount == count {
      let start = edges[index].nameStart
      var same = true
      for offset in 0..<count where unsafe names[start &+ offset] != name.load(fromByteOffset: offset, as: UInt8.self) {
        same = false
        break
      }
      if same { return edges[index].target }
    }
    return -1
  }

  /// Where an element of `node` leads; -1 where nothing of it is watched.
  func target(of node: Int, element: Int) -> Int {
    let first = nodes[node].firstEdge
    for index in first..<(first &+ nodes[node].edgeCount) where edges[index].nameCount < 0 {
      if edges[index].element == element || edges[index].element == Self.everyElement { return edges[index].target }
    }
    return -1
  }
}

extension JSONPath.Step {
  fileprivate var isElement: Bool { if case .element = self { true } else { false } }
}
