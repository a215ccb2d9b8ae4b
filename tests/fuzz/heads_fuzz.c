// SPDX-License-Identifier: Apache-2.0
//
// Post-processing under hostile parameters and hostile results of a network (heads_run.h).
#include <stdint.h>

#include "base/log.h"
#include "tests/fuzz/heads_run.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Numbers of more than three digits only cost time: heads may make pictures of such sizes.
static bool has_large_number(const uint8_t *data, size_t size) {
  size_t digits = 0;
  for (size_t i = 0; i < size; ++i) {
    const bool is_digit = data[i] >= '0' && data[i] <= '9';
    const bool is_part = digits && data[i] == '.';
    if (digits && (data[i] == 'e' || data[i] == 'E')) return true;
    digits = is_digit ? digits + 1 : is_part ? 1 : 0;
    if (digits > 3) return true;
  }
  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_value_t *root = NULL;
  mmd_log_set_level(MMD_LOG_OFF);
  if (has_large_number(data, size)) return 0;
  if (mmd_status_ignore(mmd_json_parse((const char *)data, size, "input", &root))) return 0;
  (void)mmd_status_ignore(mmd_fuzz_run_heads(root));
  mmd_value_release(root);
  return 0;
}
