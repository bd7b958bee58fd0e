// swift-tools-version: 6.2
import PackageDescription

/// Imports are implementation details unless a file says `public import`.
let settings: [SwiftSetting] = [.enableUpcomingFeature("InternalImportsByDefault")]

/// TOMLKit brings Foundation along. Without this, a method of Foundation's is taken where the standard library has one of the same name, and the
/// whole of Foundation is linked.
let memberVisibility = SwiftSetting.enableUpcomingFeature("MemberImportVisibility")

let package = Package(
    name: "roost",
    products: [
        .library(name: "Roost", targets: ["Roost"]),
        .library(name: "RoostHost", targets: ["RoostHost"]),
        .library(name: "Systemd", targets: ["Systemd"]),
        .library(name: "ProxyProtocol", targets: ["ProxyProtocol"]),
        .executable(name: "roost", targets: ["RoostCommand"]),
        // The extension module of CPython.
        .library(name: "_roost", type: .dynamic, targets: ["RoostPython"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .target(name: "CLinux"),
        .target(name: "CPython"),
        .target(name: "Systemd", dependencies: ["CSystemd", "CLinux"], swiftSettings: settings),
        .target(name: "ProxyProtocol", swiftSettings: settings),
        .target(name: "HTTPWire", dependencies: ["CZlib"], swiftSettings: settings),
        .target(
            name: "Roost",
            dependencies: [
                "CLinux", "CNghttp2", "HTTPWire", "ProxyProtocol", "Systemd",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RoostHost",
            dependencies: [
                "CLinux", "HTTPWire", "Roost", "ProxyProtocol", "Systemd",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            swiftSettings: [memberVisibility]
        ),
        .target(
            name: "RoostPython",
            dependencies: [
                "CLinux", "CPython", "HTTPWire", "ProxyProtocol", "Roost", "RoostHost",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["build", "python"],
            swiftSettings: settings + [memberVisibility]
        ),
        .executableTarget(name: "RoostCommand", dependencies: ["RoostHost"]),
        .executableTarget(name: "HelloExample", dependencies: ["Roost", "RoostHost"], path: "Sources/Examples/Hello"),
        // An app whose behaviour the integration tests choose.
        .executableTarget(name: "IntegrationApp", dependencies: ["Roost", "RoostHost"], path: "Tests/Integration/App"),
        // Random inputs that come again with the same seed.
        .target(name: "SeededRandom", path: "Tests/SeededRandom"),
        .testTarget(name: "SystemdTests", dependencies: ["Systemd"]),
        .testTarget(name: "ProxyProtocolTests", dependencies: ["ProxyProtocol", "SeededRandom"]),
        // What a WebSocket must do, case by case: bytes in, events and bytes out.
        .target(name: "WebSocketCases", path: "Tests/WebSocketCases"),
        .testTarget(name: "HTTPWireTests", dependencies: ["HTTPWire", "SeededRandom", "WebSocketCases"]),
        .testTarget(
            name: "RoostTests",
            dependencies: [
                "Roost", "ProxyProtocol", "SeededRandom", "WebSocketCases",
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]
        ),
        .testTarget(name: "RoostHostTests", dependencies: ["RoostHost", "SeededRandom"]),
    ],
    swiftLanguageModes: [.v6]
)
