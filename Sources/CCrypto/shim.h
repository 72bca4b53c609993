/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's digests, which the kernel's build needs on every host anyway. */
#include <openssl/evp.h>
