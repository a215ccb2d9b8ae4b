// SPDX-License-Identifier: Apache-2.0
// Rules up to the first NUL byte, names behind it.
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "formats/checkpoint/rename.h"

enum { MAX_KEYS = 8, MAX_KEY_SIZE = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *keys[MAX_KEYS];
  size_t count = 0;
  char *text = mmd_alloc_uninit(size + 1);
  if (!text) return 0;
  if (size) memcpy(text, data, size);
  text[size] = '\0';
  const size_t rules_size = strlen(text);
  for (size_t at = rules_size + 1; at < size && count < MAX_KEYS; at += strlen(text + at) + 1) {
    if (strlen(text + at) <= MAX_KEY_SIZE) keys[count++] = text + at;
  }
  mmd_rename_rules_t *rules = NULL;
  if (!mmd_status_ignore(mmd_rename_rules_parse(text, rules_size, "fuzz", &rules))) {
    mmd_rename_result_t result;
    if (!mmd_status_ignore(mmd_rename_rules_apply(rules, keys, count, &result))) {
      mmd_rename_result_deinit(&result);
    }
  }
  mmd_rename_rules_destroy(rules);
  mmd_free(text);
  return 0;
}
