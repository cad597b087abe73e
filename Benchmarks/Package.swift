// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "relay-benchmark",
  products: [.executable(name: "relay-load", targets: ["RelayLoad"])],
  targets: [
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .target(name: "CLinux"),
    .executableTarget(
      name: "RelayLoad",
      dependencies: ["CLinux", "COpenSSL"],
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .treatAllWarnings(as: .error),
        // One thread, so there is no overlapping access for a runtime check to find.
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
      ]),
  ]
)
