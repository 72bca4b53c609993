# SPDX-License-Identifier: Apache-2.0
"""Every module: where it is, what state it is in, its parameters."""

import drgn
from drgn.helpers.linux.module import for_each_module

MODULE_LIMIT = 256
PARAMETER_LIMIT = 64
SECTION_LIMIT = 128
# enum module_state.
STATES = {0: "live", 1: "coming", 2: "going", 3: "unformed"}
# Types of parameters, by the operations that the kernel has for them.
TYPES = {
    "param_ops_bool": "_Bool",
    "param_ops_byte": "unsigned char",
    "param_ops_int": "int",
    "param_ops_uint": "unsigned int",
    "param_ops_short": "short",
    "param_ops_ushort": "unsigned short",
    "param_ops_long": "long",
    "param_ops_ulong": "unsigned long",
    "param_ops_ullong": "unsigned long long",
}


def parameter(prog, kp):
    """A parameter's value as text."""
    operations = prog.symbol(kp.ops.value_()).name
    if operations == "param_ops_charp":
        pointer = drgn.Object(prog, "char *", address=kp.arg.value_())
        return pointer.string_().decode(errors="replace")[:200] if pointer else "(null)"
    kind = TYPES.get(operations)
    if kind is None:
        return f"({operations})"
    return str(drgn.Object(prog, kind, address=kp.arg.value_()).value_())


def print_module(prog, module, emit):
    name = module.name.string_().decode(errors="replace")
    fields = {
        "name": name[:64],
        "state": STATES.get(module.state.value_(), "?"),
        # One reference belongs to the module itself (MODULE_REF_BASE).
        "references": module.refcnt.counter.value_() - 1,
    }
    try:
        found = prog.linux_kernel_loadable_module(module)
        fields["has_symbols"] = found.debug_file_status == drgn.ModuleFileStatus.HAVE
        sections = sorted(found.section_addresses.items(), key=lambda item: item[1])
        fields["sections"] = [{"name": n[:100], "address": a} for n, a in sections[:SECTION_LIMIT]]
    except Exception as error:
        fields["problem"] = f"its sections: {error}"[:500]
    parameters = []
    for index in range(min(module.num_kp.value_(), PARAMETER_LIMIT)):
        kp = module.kp[index]
        try:
            value = parameter(prog, kp)
        except Exception as error:
            value = f"({error})"[:200]
        parameters.append({"name": kp.name.string_().decode(errors="replace")[:64], "value": value})
    fields["parameters"] = parameters
    emit("module", **fields)


def print_modules(prog, emit, attempt):
    for number, module in enumerate(for_each_module(prog)):
        if number == MODULE_LIMIT:
            emit("problem", text="the list of modules does not end")
            break
        attempt("a module", lambda: print_module(prog, module, emit))
