/* SPDX-License-Identifier: Apache-2.0 */
/* A target needs a source; the header is all there is. */
#include "CFuzz.h"
