// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  uint64_t v0, v1, v2, v3;
} sip_t;

static uint64_t rotate(uint64_t x, int bits) {
  return x << bits | x >> (64 - bits);
}

static void sip_round(sip_t *s) {
  s->v0 += s->v1;
  s->v2 += s->v3;
  s->v1 = rotate(s->v1, 13) ^ s->v0;
  s->v3 = rotate(s->v3, 16) ^ s->v2;
  s->v0 = rotate(s->v0, 32);
  s->v2 += s->v1;
  s->v0 += s->v3;
  s->v1 = rotate(s->v1, 17) ^ s->v2;
  s->v3 = rotate(s->v3, 21) ^ s->v0;
  s->v2 = rotate(s->v2, 32);
}

static void sip_word(sip_t *s, uint64_t word) {
  s->v3 ^= word;
  sip_round(s);
  s->v0 ^= word;
}

static uint64_t load(const unsigned char *bytes, size_t size) {
  uint64_t word = 0;
  for (size_t i = 0; i < size; ++i) word |= (uint64_t)bytes[i] << (8 * i);
  return word;
}

uint64_t mmd_siphash(const uint64_t key[2], const void *data, size_t size) {
  sip_t s = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
             key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
  const unsigned char *bytes = data;
  size_t left = size;
  for (; left >= 8; left -= 8, bytes += 8) sip_word(&s, load(bytes, 8));
  sip_word(&s, (uint64_t)size << 56 | load(bytes, left));
  s.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) sip_round(&s);
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

//===--- the key of this process -------------------------------------------===//

static uint64_t g_key[2];
static pthread_once_t g_key_once = PTHREAD_ONCE_INIT;

static void make_key(void) {
  if (getentropy(g_key, sizeof g_key) == 0) return;
  // A system without a source of random numbers: what a file's author cannot know either.
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  g_key[0] = (uint64_t)(uintptr_t)&now ^ (uint64_t)now.tv_nsec;
  g_key[1] = (uint64_t)(uintptr_t)g_key ^ (uint64_t)getpid() << 32;
}

uint64_t mmd_hash_text(const char *text, size_t size) {
  pthread_once(&g_key_once, make_key);
  return mmd_siphash(g_key, text, size);
}
