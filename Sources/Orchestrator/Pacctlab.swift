// SPDX-License-Identifier: Apache-2.0

@main struct Pacctlab { static func main() {} }
