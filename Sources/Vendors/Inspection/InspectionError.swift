/// Why a descriptor's rules can't be followed without building values.
public struct InspectionError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
