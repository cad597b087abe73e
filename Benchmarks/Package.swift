// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  // One thread each, so there is no overlapping access for a runtime check to find.
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
  name: "benchmarks",
  products: [
    .executable(name: "relay-load", targets: ["RelayLoad"]),
    .executable(name: "parts", targets: ["Parts"]),
  ],
  dependencies: [.package(name: "voxgate", path: "..")],
  targets: [
    // Named apart from the gateway's own: a module's name is unique in a build.
    .systemLibrary(name: "CLoadOpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .target(name: "CLoadLinux"),
    .executableTarget(name: "RelayLoad", dependencies: ["CLoadLinux", "CLoadOpenSSL"], swiftSettings: settings),
    .executableTarget(name: "Parts", dependencies: [.product(name: "Rooms", package: "voxgate")], swiftSettings: settings),
  ]
)
