# SPDX-License-Identifier: Apache-2.0
"""Opens a guest's memory in drgn, or in gdb.

    debug.py [--gdb] [--command TEXT] DESCRIPTOR VMLINUX MODULE...

DESCRIPTOR is the number of an open file with the uncompressed dump, which nobody else uses.
"""

import argparse
import os
import sys

import drgn
from drgn import cli
from drgn.helpers.linux.module import for_each_module

import gdbcore


def arguments():
    parser = argparse.ArgumentParser(prog="debug.py")
    parser.add_argument("--gdb", action="store_true")
    parser.add_argument("--command")
    parser.add_argument("core", type=int)
    parser.add_argument("vmlinux")
    parser.add_argument("modules", nargs="*")
    return parser.parse_args()


def run_drgn(prog, command):
    """A prompt, or one snippet: an expression's value is printed."""
    if command is None:
        cli.run_interactive(prog, banner_func=lambda text: text + "\nThe guest's memory is in prog. Ctrl-D ends.")
        return
    names = cli.default_globals(prog)
    drgn.set_default_prog(prog)
    sys.displayhook = lambda value: None if value is None else print(value)
    exec(compile(command, "<command>", "single" if "\n" not in command else "exec"), names)


# Sections with code and variables.
WANTED = (".init.text", ".exit.text", ".text", ".rodata", ".data", ".bss")


def symbol_command(prog, path):
    """gdb's command for a module's symbols, each section where the guest had it; None when it was not loaded."""
    name = os.path.basename(path).removesuffix(".ko")
    for module in for_each_module(prog):
        if module.name.string_().decode(errors="replace") != name:
            continue
        addresses = dict(prog.linux_kernel_loadable_module(module).section_addresses)
        live = module.state.value_() == 0
        text = addresses.pop(".text", None)
        sections = [
            f"-s {section} {address:#x}"
            for section, address in addresses.items()
            # The memory of these is used for something else once the module is up.
            if not (live and section.startswith(".init")) and section.startswith(WANTED)
        ]
        place = f" {text:#x}" if text is not None else ""
        return f"add-symbol-file {path}{place} {' '.join(sections)}"
    return None


def run_gdb(prog, options):
    gdbcore.map_kernel(prog, options.core)
    command = ["gdb", "-q", "-ex", "set pagination off", "-ex", f"core-file /proc/self/fd/{options.core}"]
    for path in options.modules:
        symbols = symbol_command(prog, path)
        if symbols:
            command += ["-ex", symbols]
    if options.command is not None:
        command += ["-batch", "-ex", options.command]
    else:
        command += ["-ex", "set confirm on"]
    os.set_inheritable(options.core, True)
    # Without this gdb asks about each module's symbols.
    os.execvp("gdb", command[:1] + ["-iex", "set confirm off"] + command[1:] + [options.vmlinux])


def main():
    options = arguments()
    os.environ.pop("DEBUGINFOD_URLS", None)
    prog = drgn.Program()
    prog.set_core_dump(options.core)
    try:
        prog.load_debug_info([options.vmlinux] + options.modules)
    except drgn.MissingDebugInfoError as error:
        print(f"some symbols are missing: {error}", file=sys.stderr)
    if options.gdb:
        run_gdb(prog, options)
    else:
        run_drgn(prog, options.command)


main()
