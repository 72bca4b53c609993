// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// One initramfs archive. As long as this value lives, no `prune` removes it.
public struct GuestLayer: Sendable {
    /// The layer's name in the manifest.
    public let name: String
    /// The archive: newc, not compressed, a multiple of 512 bytes long, so that layers can be put one
    /// behind another.
    public let archive: FilePath
    /// Length in bytes.
    public let bytes: Int64
    /// The key: equal keys are equal archives.
    public let key: String
    /// Whether this call built it, as opposed to finding it.
    public let wasBuilt: Bool

    let lease: Artifact
}

/// Builds the layers of the guest's initramfs, without root.
public struct GuestImageBuilder: Sendable {
    let store: ArtifactStore
    let home: LabHome
    let progress: BuildProgress

    static let kind = "image"
    /// Raised when the way of building changes in a way that changes the result.
    private static let recipe = "1"

    /// Makes a builder.
    public init(store: ArtifactStore, home: LabHome, progress: BuildProgress = .silent) {
        self.store = store
        self.home = home
        self.progress = progress
    }

    /// The layer that is in every guest, with the agent as PID 1.
    public func build(agent: AgentBuilder.Agent) async throws -> GuestLayer {
        // The agent's lease is held to the end, so that no prune takes it away meanwhile.
        defer { withExtendedLifetime(agent) {} }
        return try await layer(named: "base", agent: agent.path)
    }

    /// A layer that rides along with the jobs that name it, as in "stress-ng".
    public func layer(named name: String) async throws -> GuestLayer {
        try await layer(named: name, agent: nil)
    }

    func layer(named name: String, agent: FilePath?) async throws -> GuestLayer {
        let layer = try GuestManifest.read(home.guestImages.appending("manifest.yaml")).layer(name)
        var archive = try skeleton(layer)
        if let place = layer.agent {
            guard let agent else {
                throw ArtifactError(
                    .invalidInput, action: "build a guest image", subject: name,
                    reason: "This layer has the agent in it.", remedy: "Build it with the agent.")
            }
            archive.add(FilePath(place), .file(agent), mode: 0o755)
        }
        for program in layer.programs ?? [] { try await add(program, to: &archive) }
        let final = archive
        let artifact = try await SourcesChanged.retrying("guest image \(name)", progress: progress) {
            let identity = try await final.identity()
            let key = try ArtifactKey([("recipe", Self.recipe), ("layer", name), ("content", identity)])
            return try await store.artifact(
                kind: Self.kind, key: key, inputsDescription: "guest image \(name)", progress: progress
            ) { work in
                progress.phase("write guest image \(name)")
                try final.write(to: work.appending("\(name).cpio"))
                // A program of the host may be upgraded at any moment.
                guard try await final.identity() == identity else { throw SourcesChanged() }
            }
        }
        let path = artifact.path.appending("\(name).cpio")
        return GuestLayer(
            name: name, archive: path, bytes: Files.status(path)?.size ?? 0, key: artifact.manifest.key,
            wasBuilt: artifact.wasBuilt, lease: artifact)
    }

    /// Everything but the agent and programs.
    private func skeleton(_ layer: GuestManifest.Layer) throws -> CpioWriter {
        var archive = CpioWriter()
        for item in layer.directories ?? [] {
            archive.add(FilePath(item.path), .directory, mode: try GuestManifest.mode(item.mode))
        }
        for item in layer.devices ?? [] {
            archive.add(
                FilePath(item.path), .device(major: item.major, minor: item.minor),
                mode: try GuestManifest.mode(item.mode))
        }
        for item in layer.links ?? [] { archive.add(FilePath(item.path), .symlink(item.target)) }
        for item in layer.files ?? [] {
            archive.add(
                FilePath(item.path), .bytes(Array(item.text.utf8)), mode: try GuestManifest.mode(item.mode))
        }
        return archive
    }

    private func add(_ item: GuestManifest.Program, to archive: inout CpioWriter) async throws {
        guard let host = Files.program(item.program) else {
            throw ArtifactError.programMissing(
                item.program, action: "put a program into the guest image", package: item.package)
        }
        let closure = try await ProgramClosure(of: host)
        if item.static == true, !closure.libraries.isEmpty {
            throw ArtifactError(
                .programMissing(item.program), action: "put a program into the guest image",
                subject: host.string, reason: "It needs libraries, and a static one is asked for.",
                remedy: item.package.map { "Install it with `apt-get install \($0)`." })
        }
        archive.add(FilePath(item.path), .file(closure.program), mode: 0o755)
        for library in closure.libraries { archive.add(library.path, .file(library.source), mode: 0o755) }
        guard let folder = item.applets else { return }
        let names = try await ProgramAnswers.shared.lines(
            "list the applets of \(item.program)", host.string, ["--list"])
        let taken = Set(archive.paths)
        for name in names where !name.isEmpty && !name.contains("/") {
            let path = FilePath(folder).appending(name)
            if taken.contains(String(path.string.drop { $0 == "/" })) { continue }
            archive.add(path, .symlink(item.path))
        }
    }
}

extension CpioWriter {
    /// Changes when an entry or a file's content does.
    func identity() async throws -> String {
        var sources: [FilePath] = []
        for name in paths { if case .file(let source)? = content(of: name) { sources.append(source) } }
        let sums = Dictionary(
            zip(sources, try await Checksum.of(files: sources)), uniquingKeysWith: { first, _ in first })
        var text = ""
        for name in paths {
            let what =
                switch content(of: name) {
                case .directory: "directory"
                case .bytes(let bytes): "file \(try Checksum.of(bytes))"
                case .file(let source): "file \(sums[source] ?? "")"
                case .symlink(let target): "link \(target)"
                case .device(let major, let minor): "device \(major) \(minor)"
                case nil: ""
                }
            text += "\(name)\t\(String(mode(of: name), radix: 8))\t\(what)\n"
        }
        return try Checksum.of(text)
    }
}
