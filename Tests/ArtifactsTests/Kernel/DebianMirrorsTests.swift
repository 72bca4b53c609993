// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Artifacts

struct DebianMirrorsTests {
    /// What `apt-get indextargets --format '$(REPO_URI)'` prints: a line an index, so many repeat.
    @Test func addressesComeOutOnceWithSecurityLast() {
        let lines = [
            "http://security.example.org/debian-security/", "http://one.example.org/debian/",
            "http://one.example.org/debian/", "https://two.example.org/debian",
            "http://security.example.org/debian-security/",
        ]
        #expect(
            DebianMirrors.addresses(in: lines) == [
                "http://one.example.org/debian/", "https://two.example.org/debian/",
                "http://security.example.org/debian-security/",
            ])
    }

    @Test func whatCurlCannotFetchIsLeftOut() {
        let lines = [
            "cdrom://[Debian GNU-Linux 12]/", "file:///srv/mirror/",
            "mirror+file:/etc/apt/mirrors/debian.list",
            "", "E: something went wrong", "tor+http://hidden.example.org/debian/", "httpx://no.example.org/",
            "copy:/srv/mirror",
        ]
        #expect(DebianMirrors.addresses(in: lines) == [])
    }
}
