# SPDX-License-Identifier: Apache-2.0
"""Makes gdb find the kernel's memory in a core that only knows physical addresses.

gdb looks for an address among a core's segments. So the segments of QEMU's core, which are the guest's memory by
physical address, are joined by others for the same bytes: the kernel's image, its direct map of all memory, and page
by page what it has mapped elsewhere, the modules and the stacks of tasks.
"""

import os
import struct

from drgn import FaultError
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.mm import follow_phys
from drgn.helpers.linux.module import for_each_module, module_address_regions
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task

PAGE = 4096
LOAD = 1
# arch/x86/include/asm/page_64_types.h; a kernel with a random layout keeps it in a variable.
PAGE_OFFSET = 0xFFFF888000000000
KERNEL_MAP = 0xFFFFFFFF80000000
KERNEL_SIZE = 512 << 20
HEADER = struct.Struct("<IIQQQQQQ")
SEGMENT_LIMIT = 30000
TASK_LIMIT = 5000
# Stacks of a kernel without VMAP_STACK are in the direct map; the value is then of no interest.
STACK_SIZE = 16 << 10
STACK_PAGES_LIMIT = 64


def read_headers(core):
    (offset,) = struct.unpack("<Q", os.pread(core, 8, 32))
    (count,) = struct.unpack("<H", os.pread(core, 2, 56))
    return [HEADER.unpack(os.pread(core, HEADER.size, offset + i * HEADER.size)) for i in range(count)]


def variable(prog, name, otherwise):
    try:
        return prog[name].value_()
    except LookupError:
        return otherwise


def stack_size(task):
    try:
        pages = task.stack_vm_area.nr_pages.value_()
    except (AttributeError, FaultError):
        return STACK_SIZE
    return min(pages, STACK_PAGES_LIMIT) * PAGE


class Segments:
    """Segments for virtual addresses, neighbours joined."""

    def __init__(self, loads):
        self.loads = loads
        self.found = []

    def offset(self, physical):
        """Where the file has a physical address; None when it has not."""
        for _, _, offset, _, start, size, _, _ in self.loads:
            if start <= physical < start + size:
                return offset + physical - start
        return None

    def add(self, virtual, offset, size):
        if self.found:
            last_virtual, last_offset, last_size = self.found[-1]
            if last_virtual + last_size == virtual and last_offset + last_size == offset:
                self.found[-1] = (last_virtual, last_offset, last_size + size)
                return
        if len(self.found) < SEGMENT_LIMIT:
            self.found.append((virtual, offset, size))

    def add_pages(self, prog, start, size):
        """What page tables map there."""
        tables = prog["init_mm"].address_of_()
        for address in range(start & ~(PAGE - 1), start + size, PAGE):
            try:
                offset = self.offset(follow_phys(tables, address).value_())
            except (FaultError, NotImplementedError):
                continue
            if offset is not None:
                self.add(address, offset, PAGE)


def interrupt_stacks(prog):
    """The tops of the CPUs' stacks for interrupts."""
    try:
        pointers = prog["hardirq_stack_ptr"]
    except LookupError:
        return
    for cpu in for_each_possible_cpu(prog):
        yield per_cpu(pointers, cpu).value_()


def map_kernel(prog, core):
    """Adds the segments to the file: a new table of program headers at its end."""
    headers = read_headers(core)
    loads = [header for header in headers if header[0] == LOAD]
    segments = Segments(loads)
    page_offset = variable(prog, "page_offset_base", PAGE_OFFSET)
    phys_base = variable(prog, "phys_base", 0)
    for _, _, offset, _, physical, size, _, _ in loads:
        segments.add(page_offset + physical, offset, size)
        if phys_base <= physical < phys_base + KERNEL_SIZE:
            segments.add(KERNEL_MAP + physical - phys_base, offset, min(size, KERNEL_SIZE - physical + phys_base))
    for module in for_each_module(prog):
        for start, size in module_address_regions(module):
            segments.add_pages(prog, start, min(size, 64 << 20))
    for number, task in enumerate(for_each_task(prog)):
        if number == TASK_LIMIT:
            break
        segments.add_pages(prog, task.stack.value_(), stack_size(task))
    for top in interrupt_stacks(prog):
        segments.add_pages(prog, top + 8 - STACK_SIZE, STACK_SIZE)
    table = [header for header in headers if header[0] != LOAD]
    table += [(LOAD, 7, offset, virtual, 0, size, size, 0) for virtual, offset, size in segments.found]
    end = os.lseek(core, 0, os.SEEK_END)
    os.pwrite(core, b"".join(HEADER.pack(*header) for header in table), end)
    os.pwrite(core, struct.pack("<Q", end), 32)
    os.pwrite(core, struct.pack("<H", len(table)), 56)
