import Glibc

/// Certificates made with the `openssl` command in a temporary folder, once per run; removed when the process ends.
public struct CertificateFolder: Sendable {
  public static let shared: CertificateFolder = {
    atexit { CertificateFolder.shared.remove() }
    return CertificateFolder()
  }()

  public let path: String

  /// `ca` signs `localhost` (also for 127.0.0.1 and ::1), `wild` (*.example.test), `expired`, `future`, `other` (other.test) and the client
  /// certificates `alice`; `rogue-ca` signs `rogue` (localhost) and `mallory`.
  public init() {
    var template = Array("/tmp/voxgate-certificates-XXXXXX".utf8CString)
    path = unsafe String(cString: mkdtemp(&template))
    let script = """
      set -e
      cd "$0"
      key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
      authority() { openssl req -x509 $key -keyout $1.key -out $1.pem -subj "/CN=$1" -days 2; }
      leaf() { # name, authority, subject, extensions, days
        openssl req $key -keyout $1.key -out $1.csr -subj "$3"
        printf '%s\\n' "$4" > $1.ext
        openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -set_serial 0x$(openssl rand -hex 8) -days $5 -extfile $1.ext -out $1.pem
      }
      authority ca; authority rogue-ca
      leaf localhost ca /CN=localhost "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1" 2
      leaf second ca /CN=second "subjectAltName=DNS:localhost" 2
      leaf wild ca /CN=wild "subjectAltName=DNS:*.example.test" 2
      leaf expired ca /CN=localhost "subjectAltName=DNS:localhost" -1
      leaf other ca /CN=localhost "subjectAltName=DNS:other.test" 2
      leaf rogue rogue-ca /CN=localhost "subjectAltName=DNS:localhost" 2
      leaf alice ca /O=Example/CN=alice "subjectAltName=DNS:alice.example,URI:spiffe://example/alice,email:alice@example.test" 2
      leaf mallory rogue-ca /CN=mallory "subjectAltName=DNS:mallory" 2
      openssl ec -in localhost.key -aes128 -passout pass:secret -out encrypted.key
      """
    do { try ChildProcess.run(["/bin/sh", "-c", script, path]) } catch { fatalError("\(error)") }
  }

  public func remove() { _ = try? ChildProcess.run(["rm", "-r", path]) }

  public func file(_ name: String) -> String { "\(path)/\(name)" }
}
