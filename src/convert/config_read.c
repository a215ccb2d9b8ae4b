// SPDX-License-Identifier: Apache-2.0
#include "convert/config_read.h"

#include "base/alloc.h"
#include "formats/pyconfig/pyconfig.h"

mmd_status_t mmd_config_read(const char *file, const mmd_value_t *cfg_options,
                             mmd_value_t **out_config) {
  const size_t count = mmd_array_size(cfg_options);
  *out_config = NULL;
  const char **overrides = mmd_alloc_array(count + 1, sizeof *overrides);
  MMD_TRY_ALLOC(overrides);
  for (size_t i = 0; i < count; ++i) {
    overrides[i] = mmd_value_get_string(mmd_array_at(cfg_options, i), "");
  }
  const mmd_pyconfig_options_t options = {.overrides = overrides, .override_count = count};
  mmd_status_t status = mmd_pyconfig_read(file, &options, out_config);
  mmd_free(overrides);
  return status;
}
