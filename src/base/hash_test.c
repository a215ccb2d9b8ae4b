// SPDX-License-Identifier: Apache-2.0
//
// Reference: CPython 3.11, whose hash of bytes is SipHash-1-3 under the key 0 with
// PYTHONHASHSEED=0: hash(b'abcdefg') & (2**64 - 1).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

static void equals_python(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint64_t hash;
  } cases[] = {
      {"a", UINT64_C(0x407448d2b89b1813)},
      {"abcdefg", UINT64_C(0x6db12aae9070f506)},
      {"abcdefgh", UINT64_C(0x3f7b849c0b8e35ea)},
      {"model.backbone.layer1.0.conv1.weight", UINT64_C(0x8b06cad0e93d778d)},
  };
  const uint64_t key[2] = {0, 0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
    assert_true(mmd_siphash(key, cases[i].text, strlen(cases[i].text)) == cases[i].hash);
  unsigned char bytes[256];
  for (size_t i = 0; i < sizeof bytes; ++i) bytes[i] = (unsigned char)i;
  assert_true(mmd_siphash(key, bytes, sizeof bytes) == UINT64_C(0x31ae646afba70308));
}

static void has_a_key_of_its_own(void **state) {
  (void)state;
  const uint64_t key[2] = {0, 0};
  assert_true(mmd_hash_text("abc", 3) == mmd_hash_text("abc", 3));
  assert_true(mmd_hash_text("abc", 3) != mmd_hash_text("abd", 3));
  assert_true(mmd_hash_text("abc", 3) != mmd_siphash(key, "abc", 3));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_python),
      cmocka_unit_test(has_a_key_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
