// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Artifacts

struct GuestManifestTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ text: String) throws -> GuestManifest {
        try GuestManifest.read(try folder.write(text, to: "manifest.yaml"))
    }

    @Test func everyPartIsRead() throws {
        let layer = try read(
            """
            layers:
              base:
                agent: /init
                directories: [{ path: /tmp, mode: "1777" }]
                devices: [{ path: /dev/null, major: 1, minor: 3 }]
                links: [{ path: /sbin, target: bin }]
                files: [{ path: /etc/motd, text: "hi\\n" }]
                programs: [{ program: busybox, path: /bin/busybox, static: true, applets: /bin }]
            """
        ).layer("base")
        #expect(layer.agent == "/init")
        #expect(try GuestManifest.mode(layer.directories?.first?.mode) == 0o1777)
        #expect(layer.devices?.first?.major == 1 && layer.devices?.first?.mode == nil)
        #expect(layer.links?.first?.target == "bin" && layer.files?.first?.text == "hi\n")
        #expect(layer.programs?.first?.static == true && layer.programs?.first?.package == nil)
    }

    /// The shipped file is what a fresh checkout depends on.
    @Test func theShippedManifestIsSound() throws {
        let manifest = try GuestManifest.read(Checkout.root.appending("images/guest/manifest.yaml"))
        let base = try manifest.layer("base")
        #expect(base.agent == "/init")
        #expect(
            base.devices?.contains { $0.path == "/dev/console" && $0.major == 5 && $0.minor == 1 } == true)
        #expect(try manifest.layer("stress-ng").programs?.first?.program == "stress-ng")
        for layer in manifest.layers.values {
            for mode in (layer.directories ?? []).map(\.mode) + (layer.devices ?? []).map(\.mode) {
                _ = try GuestManifest.mode(mode)
            }
        }
    }

    @Test(arguments: [
        ("layers: [", "manifest.yaml"),  // no YAML
        ("layer: {}", "layers"),  // a key that is missing
        ("layers: { base: { directories: [{ mode: \"0755\" }] } }", "path"),
        ("layers: { base: { devices: [{ path: /dev/x, major: one, minor: 3 }] } }", "major"),
        ("layers: { base: { directory: [{ path: /x }] } }", "directory"),
        ("layers: { base: { files: [{ path: /x, text: y, modes: \"0644\" }] } }", "modes"),
    ])
    func aMistakeIsNamed(_ text: String, _ what: String) async {
        let error = await artifactError { _ = try read(text) }
        #expect(error?.code == .invalidInput)
        #expect(error?.description.contains(what) == true, "\(error?.description ?? "")")
        #expect(error?.subject.hasPrefix(folder.path.appending("manifest.yaml").string) == true)
    }

    @Test(arguments: ["0999", "rwx", "17777", "", "-1"])
    func aModeThatIsNoneIsRefused(_ mode: String) async {
        #expect(await artifactError { _ = try GuestManifest.mode(mode) }?.code == .invalidInput)
    }

    @Test func aLayerThatIsNotThereIsAnsweredWithThoseThatAre() async {
        let error = await artifactError { _ = try read("layers: { a: {}, b: {} }").layer("c") }
        #expect(error?.code == .notFound && error?.reason.contains("a, b") == true)
    }
}
