// SPDX-License-Identifier: Apache-2.0

import Evidence
import LabEngine
import Testing

extension LabTests {
    @Suite("What a module leaves behind", .serialized)
    struct Residue {
        /// Leaves everything that can be left without the kernel falling over.
        private static let untidy = """
            #include <linux/debugfs.h>
            #include <linux/err.h>
            #include <linux/hrtimer.h>
            #include <linux/module.h>
            #include <linux/perf_event.h>
            #include <linux/proc_fs.h>
            #include <linux/slab.h>
            #include <linux/tracepoint.h>

            static enum hrtimer_restart late(struct hrtimer *timer) { return HRTIMER_NORESTART; }

            static void probe(void *unused, struct task_struct *task) { }

            static void find(struct tracepoint *point, void *found)
            {
            \tif (!strcmp(point->name, "oom_score_adj_update"))
            \t\t*(struct tracepoint **)found = point;
            }

            static int show(struct seq_file *m, void *unused) { return 0; }

            static int __init start(void)
            {
            \tstruct perf_event_attr attr = { .type = PERF_TYPE_RAW, .size = sizeof(attr), .config = 0x3c };
            \tstruct hrtimer *timer = kzalloc(sizeof(*timer), GFP_KERNEL);
            \tstruct kmem_cache *cache = kmem_cache_create("untidy_cache", 320, 0, 0, NULL);
            \tstruct tracepoint *point = NULL;

            \tfor_each_kernel_tracepoint(find, &point);
            \tif (!point || !timer || !cache || !kmem_cache_alloc(cache, GFP_KERNEL))
            \t\treturn -ENOENT;
            \thrtimer_setup(timer, late, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
            \thrtimer_start(timer, ms_to_ktime(1000000), HRTIMER_MODE_REL);
            \tproc_create_single("untidy", 0400, NULL, show);
            \tdebugfs_create_dir("untidy", NULL);
            \tif (IS_ERR(perf_event_create_kernel_counter(&attr, 0, NULL, NULL, NULL)))
            \t\treturn -ENODEV;
            \treturn tracepoint_probe_register(point, probe, NULL);
            }

            static void __exit stop(void) { }

            module_init(start);
            module_exit(stop);
            MODULE_DESCRIPTION("leaves things behind");
            MODULE_LICENSE("GPL");
            """

        private static let forgetful = """
            #include <linux/module.h>
            #include <linux/slab.h>

            /* Several: a stale pointer to one of them, on some stack, hides that one from kmemleak. */
            static int __init start(void)
            {
            \tfor (int i = 0; i < 16; i++) {
            \t\tif (!kmalloc(3000, GFP_KERNEL))
            \t\t\treturn -ENOMEM;
            \t}
            \treturn 0;
            }
            static void __exit stop(void) { }

            module_init(start);
            module_exit(stop);
            MODULE_DESCRIPTION("forgets memory");
            MODULE_LICENSE("GPL");
            """

        private static let scenario = """
            name: load-unload
            description: Load and unload.
            counters: simulated
            steps:
              - load: module
              - unload: module
            """

        private func run(_ source: String, _ variant: String) async throws -> RunReport {
            let folder = try TemporaryFolder()
            try folder.write(source, to: "untidy/untidy.c")
            try folder.write("obj-m += untidy.o\n", to: "untidy/Kbuild")
            let scenario = try folder.write(Self.scenario, to: "x.yaml")
            return try await LabCommand.runJSON(
                [
                    scenario.string, "--variant", variant, "--module",
                    folder.path.appending("untidy").string,
                ], in: folder.path.appending("results")
            ).run()
        }

        @Test("Everything left is found: cache, probe, timer, entries of proc and debugfs, a held module")
        func untidy() async throws {
            let run = try await run(Self.untidy, "release")
            #expect(run.verdict == .failed, "\(run.reason ?? "")")
            #expect(run.findings.allSatisfy { $0.crashClass == .residue }, "\(run.findings)")
            #expect(
                run.findings.map(\.signature) == [
                    "residue slab_cache", "residue probe", "residue timer", "residue proc_entry",
                    "residue debugfs_entry", "residue reference",
                ])
            let text = run.findings.map(\.title).joined(separator: "\n")
            for word in ["slab cache untidy_cache with up to ", "oom_score_adj_update", "sim_pmu is held"] {
                #expect(text.contains(word), "\(text)")
            }
            #expect(run.residue?.items == 6)
        }

        @Test("On debug, memory that nobody points to is found, and whose it was")
        func leak() async throws {
            let run = try await run(Self.forgetful, "debug")
            #expect(run.verdict == .failed, "\(run.reason ?? "")")
            // The kernel's log has a line that there are suspects; which, only its file says.
            #expect(run.findings.allSatisfy { $0.crashClass == .memoryLeak }, "\(run.findings)")
            let finding = try #require(run.findings.first { $0.signature == "residue leak" })
            #expect(finding.title.contains("memory that untidy allocated"))
            #expect(finding.evidence.contains { $0.contains("unreferenced object") })
        }

        @Test("Our module leaves nothing")
        func ours() async throws {
            let folder = try TemporaryFolder()
            let scenario = try folder.write(Self.scenario, to: "x.yaml")
            let run = try await LabCommand.runJSON([scenario.string], in: folder.path.appending("results"))
                .run()
            #expect(run.verdict == .passed, "\(run.findings) \(run.reason ?? "")")
            #expect(run.residue?.items == 0)
        }
    }
}
