extension Duration {
  /// As many as fit; 0 for a negative one.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : whole &+ UInt64(attoseconds / 1_000_000_000)
  }
}

extension UInt64 {
  /// A point of a clock in nanoseconds, later by a duration.
  func advanced(by duration: Duration) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(duration.wholeNanoseconds)
    return overflow ? .max : sum
  }
}
