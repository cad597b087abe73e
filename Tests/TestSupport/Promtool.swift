import Glibc

/// Prometheus' own checker. `make deps-test` takes it out of Debian's package.
public enum Promtool {
  private static var path: String {
    let own = Repository.root + ".build/prometheus/usr/bin/promtool"
    return unsafe access(own, X_OK) == 0 ? own : "promtool"
  }

  /// Runs it in `Examples/prometheus`, where its files name each other.
  ///
  /// - Parameter input: a file for its standard input.
  /// - Returns: its exit status and all it said.
  public static func run(_ arguments: [String], input: String = "/dev/null") throws -> (status: Int32, text: String) {
    let shell = #"cd "$0" && input=$1 && shift && exec "$@" <"$input""#
    let child = try ChildProcess(["sh", "-c", shell, Repository.root + "Examples/prometheus", input, path] + arguments)
    let status = try child.finish()
    return (status, child.text)
  }
}
