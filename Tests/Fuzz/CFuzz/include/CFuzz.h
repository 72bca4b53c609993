/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CFuzz.h - libFuzzer as a library, as its documentation offers it
 * (https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library)
 */
#ifndef CFUZZ_H
#define CFUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Runs the fuzzer by the command line's options; returns the process's exit status. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

#endif
