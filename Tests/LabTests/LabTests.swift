// SPDX-License-Identifier: Apache-2.0

import Testing

/// Everything that boots guests. One after the other: a guest without KVM takes a whole CPU, and none of these
/// tests is about what happens when there are too many.
@Suite("Guests", .serialized)
enum LabTests {}
