// SPDX-License-Identifier: Apache-2.0

/// Names and numbers on which host and guest must agree.
public enum Contract {
    /// The version of frames and plans. Raised whenever a byte of either changes its meaning.
    public static let version: UInt8 = 6
    /// The virtio-serial port on which the agent streams its frames.
    public static let portName = "org.pacctlab.agent"
    /// The first bytes of the job's memory once the job is in it, see ``JobMemory``.
    public static let jobMagic: UInt64 = 0x424F_4A54_4343_4150  // "PACCTJOB"
    /// Where the job's archive puts the plan in the guest.
    public static let planPath = "/job/plan"
    /// The folder of the job's files (modules, programs) in the guest.
    public static let jobDirectory = "/job"
    /// Longest payload of one frame, bytes.
    public static let maxPayload = 256 * 1024
    /// Most steps in one plan.
    public static let maxSteps = 4096
    /// Most groups of steps within each other.
    public static let maxDepth = 8
}
