/// Places in the checkout that tests run from.
public enum Repository {
  /// The top folder, with a slash at its end.
  public static let root: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    return parts.joined(separator: "/") + "/"
  }()

  /// The executable that was built beside the tests.
  public static var voxgate: String { root + ".build/debug/voxgate" }

  /// The Python of the tests' virtual environment.
  public static var python: String { root + ".build/venv/bin/python" }
}
