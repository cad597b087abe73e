// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 language mode, strict memory safety, no warnings.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableExperimentalFeature("Lifetimes"),
]

/// The data path is confined to one thread per reactor and has no overlapping access for a runtime check to find.
let dataPath: [SwiftSetting] = strict + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let nio: [Target.Dependency] = ["NIOCore", "NIOPosix", "NIOHTTP1"].map { .product(name: $0, package: "swift-nio") }
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")

func library(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [], settings: [SwiftSetting] = strict)
  -> Target
{
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "voxgate",
  products: [
    .executable(name: "voxgate", targets: ["voxgate"]),
    // What Benchmarks/Sources/Parts measures.
    .library(name: "Rooms", targets: ["WebSocket", "JSON", "Tokens", "Configuration", "Vendors", "Guards"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .target(name: "CLinux"),

    library("WebSocket", ["COpenSSL", "CZlib"]),
    library("TLS", ["COpenSSL"]),
    library("YAML", ["CYAML"]),
    library("JSON"),
    library("Tokens", ["COpenSSL", "JSON"]),

    library("Telemetry", [log]),
    library("Configuration", ["YAML", "JSON"]),

    library("Relay", ["CLinux", "WebSocket", "TLS", "Telemetry"], settings: dataPath),

    library("Vendors", ["CZlib", "Configuration", "YAML", "JSON", "Tokens"], resources: [.embedInCode("Catalogue")]),
    library("Guards", ["Configuration", "Tokens", "Telemetry", "JSON", "YAML"]),

    library(
      "Gateway",
      [
        "CLinux", "WebSocket", "TLS", "YAML", "JSON", "Tokens", "Telemetry", "Configuration", "Relay", "Vendors", "Guards", log,
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ] + nio, resources: [.embedInCode("Web")]),
    .executableTarget(
      name: "voxgate",
      dependencies: [
        "Gateway", "Configuration", "Vendors", "Tokens", "JSON", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Command", swiftSettings: strict),

    .target(name: "TestSupport", dependencies: ["COpenSSL"], path: "Tests/TestSupport", swiftSettings: strict),
    tests("WebSocket"), tests("TLS"), tests("YAML"), tests("JSON"), tests("Tokens"), tests("Telemetry"), tests("Configuration"),
    tests("Relay", ["WebSocket", "TLS", "Telemetry"]), tests("Vendors", ["YAML", "JSON", "Configuration"]),
    tests("Guards", ["Configuration", "Tokens", "Telemetry", "JSON"]),
    tests(
      "Gateway", ["JSON", "YAML", "WebSocket", "Tokens", "TLS", "Configuration", "Vendors", "voxgate"] + nio,
      exclude: ["Clients", "Files"]),
  ]
)
