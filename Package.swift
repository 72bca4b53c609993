// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// CI sets PACCTLAB_WERROR so that a warning stops the build there, and only there:
// a newer compiler with a new warning must not lock a user out.
let strict: [SwiftSetting] =
    (Context.environment["PACCTLAB_WERROR"] != nil ? [.treatAllWarnings(as: .error)] : [])
    + [.enableUpcomingFeature("ExistentialAny")]

// What parses bytes from a guest, under libFuzzer. Instrumented code needs the fuzzer's runtime, so these are
// only there when ci/fuzz builds them.
let fuzzers: [Target] =
    Context.environment["PACCTLAB_FUZZ"] == nil
    ? []
    : [
        .target(name: "CFuzz", path: "Tests/Fuzz/CFuzz"),
        fuzzer("Frames", ["GuestContract"]),
        fuzzer("KernelLog", ["Evidence"]),
        fuzzer("Dumps", ["Evidence"]),
        fuzzer("Ledger", ["Evidence"]),
        fuzzer("Records", ["Evidence"]),
        fuzzer("Snapshots", ["Evidence"]),
    ]

func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "Fuzz\(name)", dependencies: ["CFuzz"] + dependencies, path: "Tests/Fuzz/\(name)",
        swiftSettings: strict)
}

let package = Package(
    name: "pacctlab",
    products: [
        .executable(name: "pacctlab", targets: ["Orchestrator"]),
        .executable(name: "pacct-agent", targets: ["GuestAgent"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // Its own settings come from options here, not from a configuration file.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1",
            traits: ["FullFoundation"]),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Pure, no I/O, nothing of ours below them.
        .target(name: "Evidence", swiftSettings: strict),
        .target(name: "GuestContract", swiftSettings: strict),

        // The guest's side.
        .target(name: "CGuest", cSettings: [.unsafeFlags(["-Wall", "-Wextra"])]),
        .executableTarget(
            name: "GuestAgent", dependencies: ["GuestContract", "CGuest"], swiftSettings: strict),

        // The host's side.
        .systemLibrary(
            name: "CLibvirt", pkgConfig: "libvirt-qemu", providers: [.apt(["libvirt-dev"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(
            name: "Artifacts",
            dependencies: [
                "CCrypto",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .target(
            name: "Hypervisor",
            dependencies: [
                "CLibvirt",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .target(
            name: "RunStore", dependencies: [.product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "LabEngine",
            dependencies: [
                "Artifacts", "Evidence", "GuestContract", "Hypervisor", "RunStore",
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .target(
            name: "Reports",
            dependencies: [
                "Evidence", "LabEngine", .product(name: "Mustache", package: "swift-mustache"),
            ],
            swiftSettings: strict),
        .target(
            name: "Dashboard",
            dependencies: [
                "CCrypto", "Evidence", "LabEngine", "Reports", "RunStore",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "Orchestrator",
            dependencies: [
                "Artifacts", "Dashboard", "Evidence", "Hypervisor", "LabEngine", "Reports", "RunStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),

        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(
            name: "EvidenceTests", dependencies: ["Evidence", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "GuestContractTests", dependencies: ["GuestContract"], swiftSettings: strict),
        .testTarget(name: "ArtifactsTests", dependencies: ["Artifacts"], swiftSettings: strict),
        // Runs real QEMUs with hand-assembled guests; the helper is a lab that gets killed.
        .executableTarget(
            name: "HypervisorHelper",
            dependencies: [
                "Hypervisor",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/HypervisorHelper", swiftSettings: strict),
        .testTarget(
            name: "HypervisorTests",
            dependencies: [
                "Hypervisor", "HypervisorHelper",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "LabEngineTests",
            dependencies: [
                "Evidence", "GuestContract", "Hypervisor", "LabEngine", "RunStore", "TestSupport",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ReportsTests",
            dependencies: [
                "Artifacts", "Evidence", "LabEngine", "Reports",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            exclude: ["junit.xsd"], swiftSettings: strict),
        // Campaigns that nobody ran, for tests and for ci/bench-dashboard.
        .target(
            name: "DashboardFixture",
            dependencies: [
                "LabEngine", "Reports", "RunStore", "TestSupport",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/DashboardFixture", swiftSettings: strict),
        .executableTarget(
            name: "StoreFiller", dependencies: ["DashboardFixture", "RunStore"], path: "Tests/StoreFiller",
            swiftSettings: strict),
        .testTarget(
            name: "DashboardTests",
            dependencies: [
                "Artifacts", "Dashboard", "DashboardFixture", "LabEngine", "Reports", "RunStore",
                // The live tests start the command.
                "Orchestrator",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["schemathesis.toml", "browser.py"], swiftSettings: strict),
        // Boots real guests, through the command as a user runs it.
        .testTarget(
            name: "LabTests",
            dependencies: [
                "Artifacts", "Evidence", "LabEngine",
                // The command is what is tested: building the tests must build it.
                "Orchestrator",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
    ] + fuzzers,
    swiftLanguageModes: [.v6]
)
