/* SPDX-License-Identifier: Apache-2.0 */
/* CGuest.h - all that the agent has in C; what Swift sees as the module CGuest */
#ifndef PACCT_CGUEST_H
#define PACCT_CGUEST_H

#include "bench.h"
#include "guest.h"
#include "proc_events.h"
#include "sample.h"
#include "snapshot.h"
#include "workload.h"

#endif
