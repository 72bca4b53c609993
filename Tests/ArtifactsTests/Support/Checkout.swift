// SPDX-License-Identifier: Apache-2.0

import SystemPackage

@testable import Artifacts

/// The checkout these tests are part of.
enum Checkout {
    /// Tests/ArtifactsTests/Support/Checkout.swift is four levels below it.
    static let root: FilePath = {
        var path = Files.realPath(FilePath(#filePath)) ?? FilePath(#filePath)
        for _ in 0..<4 { path.removeLastComponent() }
        return path
    }()

    static let home = LabHome(root: root)
}
