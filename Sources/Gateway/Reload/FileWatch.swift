import Glibc

/// Tells which of some files have changed since the last look: written anew, replaced by a rename, touched, made readable, gone, come.
///
/// Looks through symbolic links, so a link anywhere in a path that is made to lead elsewhere is a change of the file, too: Kubernetes
/// replaces all files of a volume at once by renaming its `..data`.
struct FileWatch {
  private struct Stamp: Equatable {
    let device: UInt
    let inode: UInt
    let size: Int
    let modified: [Int]
    let changed: [Int]

    init?(_ path: String) {
      var status = stat()
      guard unsafe stat(path, &status) == 0 else { return nil }
      device = status.st_dev
      inode = status.st_ino
      size = status.st_size
      modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
      changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
  }

  private var stamps: [String: Stamp?]

  init(_ files: Set<String>) {
    stamps = Dictionary(uniqueKeysWithValues: files.map { ($0, Stamp($0)) })
  }

  /// Watches these as well, from now on.
  mutating func add(_ files: Set<String>) {
    stamps.merge(files.map { ($0, Stamp($0)) }) { known, _ in known }
  }

  /// Watches these from now on; those that it has watched before, since the last look.
  mutating func watch(_ files: Set<String>) {
    stamps = Dictionary(uniqueKeysWithValues: files.map { file in (file, stamps[file] ?? Stamp(file)) })
  }

  /// The files that are not as they were, in order.
  mutating func changes() -> [String] {
    var found: [String] = []
    for (file, known) in stamps {
      let stamp = Stamp(file)
      guard stamp != known else { continue }
      stamps[file] = .some(stamp)
      found.append(file)
    }
    return found.sorted()
  }
}
