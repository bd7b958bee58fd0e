// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who builds Roost also builds what it is measured against.
let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "roost", path: "../.."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    ],
    targets: [
        .target(
            name: "BenchmarkAnswers",
            dependencies: [.product(name: "NIOCore", package: "swift-nio")]
        ),
        .executableTarget(
            name: "RoostServer",
            dependencies: [
                "BenchmarkAnswers",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Roost", package: "roost"),
                .product(name: "RoostHost", package: "roost"),
            ]
        ),
        .executableTarget(
            name: "HummingbirdServer",
            dependencies: [
                "BenchmarkAnswers",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
