/// Where the configuration came from, so that it can be read again.
public struct ReloadSource: Sendable {
  public var file: ConfigurationFile
  /// Further files that the table in force names.
  public var files: Set<String>
  /// What the command line says of simulators; nil for what the environment of the table says.
  public var simulate: SimulationMode?

  public init(_ file: ConfigurationFile, files: Set<String>, simulate: SimulationMode?) {
    self.file = file
    self.files = files
    self.simulate = simulate
  }
}
