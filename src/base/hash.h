// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BASE_HASH_H_
#define MMD_BASE_HASH_H_

#include <stddef.h>
#include <stdint.h>

#define MMD_HASH_SEED UINT64_C(0xcbf29ce484222325)

// FNV-1a: goes on from |hash| (MMD_HASH_SEED at first) over |size| bytes.
static inline uint64_t mmd_hash_bytes(uint64_t hash, const void *data, size_t size) {
  const unsigned char *bytes = (const unsigned char *)data;
  for (size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
  return hash;
}

#endif  // MMD_BASE_HASH_H_
