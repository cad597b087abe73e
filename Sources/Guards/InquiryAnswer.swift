/// What came of an inquiry.
public enum InquiryAnswer: Sendable, Equatable {
  /// An answer, whatever its status, with its whole body.
  case response(status: Int, headers: [Inquiry.Field], body: [UInt8])
  /// No answer: the stable name of why, such as `timeout`, `unreachable` or `too_large`.
  case failed(String)

  /// The values of a header field; names are compared without case.
  func values(_ name: String) -> [String] {
    guard case .response(_, let headers, _) = self else { return [] }
    let name = name.lowercased()
    return headers.filter { $0.name.lowercased() == name }.map(\.value)
  }
}
