// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A guest as the engine sees it: two growing files, some events, and ways to end it.
///
/// The real one is ``LibvirtMachine``; tests have one in memory.
protocol GuestMachine: Sendable {
    /// What the serial console has said so far.
    var consolePath: FilePath { get }
    /// The agent's frames so far.
    var channelPath: FilePath { get }
    /// Starts the guest; returns once it runs.
    func start() async throws
    /// Events since the last call, oldest first. Does not wait.
    func takeEvents() -> [GuestMonitor.MachineEvent]
    /// Makes every CPU of a hung guest say where it is, as far as that can be had.
    func requestBacktraces() async
    /// Ends the guest. Its files can still be read.
    func end() async
    /// The domain as libvirt defined it.
    var domainXML: String { get }
    /// Removes everything the guest had on the host. Nothing can be read afterwards.
    func cleanUp() async
}
