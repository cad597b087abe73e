import YAML

/// Paths in the file are relative to the file, wherever the gateway was started.
enum FilePath {
  /// The directory part of a path, with its slash; empty for a name alone.
  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[...slash])
  }
}

extension ValueType where Value == String {
  /// A path; a relative one is taken from the directory of the configuration file.
  public static var path: ValueType {
    ValueType("path", shape: .text(pattern: nil), write: { YAMLText.flow($0) }) { node, place, _, reader in
      guard let scalar = node.scalar, !scalar.isNull, !scalar.text.isEmpty else {
        reader.mismatch(node, at: place, expected: "a path")
        return nil
      }
      let path = scalar.text.hasPrefix("/") ? scalar.text : FilePath.directory(of: reader.file) + scalar.text
      reader.uses(path)
      return path
    }
  }
}
