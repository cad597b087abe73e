import TLS
import Telemetry

extension CertificateDates {
  /// What an operator is told of them: `expired on 2026-11-27T06:56:06Z`; nil while there is nothing to tell.
  func words(at now: Timestamp) -> String? {
    switch standing(at: now.milliseconds / 1_000) {
    case .valid: nil
    case .notYetValid: "is not valid before \(Self.text(begin))"
    case .expired: "expired on \(Self.text(end))"
    case .ending: "expires on \(Self.text(end))"
    }
  }

  private static func text(_ seconds: Int64) -> String { Timestamp(milliseconds: seconds * 1_000).rfc3339.prefix(19) + "Z" }
}

extension ServerCertificates {
  /// What an operator is told of the certificate's dates; nil while there is nothing to tell.
  func warning(at now: Timestamp) -> String? {
    current.certificateDates?.words(at: now).map { "certificate '\(certificateFile)' \($0)" }
  }
}
