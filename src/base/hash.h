// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BASE_HASH_H_
#define MMD_BASE_HASH_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MMD_HASH_SEED UINT64_C(0xcbf29ce484222325)

// FNV-1a: goes on from |hash| (MMD_HASH_SEED at first) over |size| bytes.
static inline uint64_t mmd_hash_bytes(uint64_t hash, const void *data, size_t size) {
  const unsigned char *bytes = (const unsigned char *)data;
  for (size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
  return hash;
}

// The same in every run, for random numbers that belong to a name.
static inline uint64_t mmd_hash_seed_of(const char *name) {
  const uint64_t hash = mmd_hash_bytes(MMD_HASH_SEED, name, strlen(name));
  return hash ^ (hash >> 29);
}

// For tables of names that stand in files: another number in each process, so that no file can be
// made whose names all fall into one bucket. SipHash-1-3 under a random key.
uint64_t mmd_hash_text(const char *text, size_t size);
uint64_t mmd_siphash(const uint64_t key[2], const void *data, size_t size);

#endif  // MMD_BASE_HASH_H_
