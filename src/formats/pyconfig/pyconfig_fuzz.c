// SPDX-License-Identifier: Apache-2.0
//
// A config from memory: what is read must print to text that reads back equal.
#include <stdint.h>
#include <stdlib.h>

#include "formats/pyconfig/pyconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
  if (!condition) abort();
}

static bool has_nan(const mmd_value_t *value) {
  const double number = mmd_value_get_float(value, 0);
  bool found = number != number;
  for (size_t i = 0; i < mmd_array_size(value); ++i) found |= has_nan(mmd_array_at(value, i));
  for (size_t i = 0; i < mmd_object_size(value); ++i) {
    found |= has_nan(mmd_object_value_at(value, i));
  }
  return found;
}

static void read_back(const mmd_value_t *config, const mmd_pyconfig_options_t *options) {
  mmd_str_t text = {0};
  mmd_value_t *again = NULL;
  if (mmd_status_ignore(mmd_pyconfig_print(config, &text))) {
    mmd_str_deinit(&text);
    return;
  }
  const mmd_pyconfig_options_t own = {.max_bytes = options->max_bytes, .max_steps = 1u << 30};
  mmd_status_t status =
      mmd_pyconfig_parse(mmd_str_text(&text), text.size, "printed.py", &own, &again);
  // The printed text may need more memory or more levels than the limits allow.
  const mmd_code_t code = mmd_status_code(status);
  require(!code || code == MMD_OUT_OF_MEMORY || code == MMD_OUT_OF_RANGE ||
          code == MMD_INVALID_ARGUMENT || code == MMD_NOT_FOUND);
  if (!mmd_status_ignore(status) && !has_nan(config)) require(mmd_value_equal(config, again));
  mmd_value_release(again);
  mmd_str_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const names[] = {"fuzz.py", "fuzz.json", "fuzz.yaml"};
  const mmd_pyconfig_options_t options = {
      .dialect = size % 5 == 0 ? MMD_PYCONFIG_V0 : MMD_PYCONFIG_AUTO,
      .max_bytes = (size_t)8 << 20,
      .max_steps = 50000,
  };
  // The first byte tells the language: a brace JSON, a line that begins with '%' or '-' YAML.
  const char *name = names[0];
  if (size && data[0] == '{') name = names[1];
  if (size && (data[0] == '%' || data[0] == '-')) name = names[2];
  mmd_value_t *config = NULL;
  if (mmd_status_ignore(mmd_pyconfig_parse((const char *)data, size, name, &options, &config))) {
    return 0;
  }
  read_back(config, &options);
  mmd_value_release(config);
  return 0;
}
