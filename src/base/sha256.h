// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BASE_SHA256_H_
#define MMD_BASE_SHA256_H_

#include <stddef.h>

// SHA-256 (FIPS 180-4) of |data| as 64 hexadecimal digits and a NUL.
void mmd_sha256_hex(const void *data, size_t size, char out_hex[65]);

#endif  // MMD_BASE_SHA256_H_
