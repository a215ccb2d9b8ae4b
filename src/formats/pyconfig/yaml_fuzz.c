// SPDX-License-Identifier: Apache-2.0
//
// YAML configs: what is read prints.
#include <stdlib.h>

#include "formats/pyconfig/pyconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const mmd_pyconfig_options_t options = {.max_bytes = (size_t)8 << 20, .max_steps = 50000};
  mmd_value_t *config = NULL;
  mmd_str_t text = {0};
  if (mmd_status_ignore(
          mmd_pyconfig_parse((const char *)data, size, "fuzz.yaml", &options, &config)))
    return 0;
  (void)mmd_status_ignore(mmd_pyconfig_print(config, &text));
  mmd_str_deinit(&text);
  mmd_value_release(config);
  return 0;
}
