// SPDX-License-Identifier: Apache-2.0
//
// Assignments of --cfg-options, one a line, applied to a small config.
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "formats/pyconfig/pyconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static mmd_value_t *make_config(void) {
  static const char text[] =
      "model = dict(backbone=dict(depth=50, out=(0, 1)), neck=[dict(type='A'), dict(type='B')])\n"
      "data = {'list': [1, 2.5, None, True], '0': 'zero'}\n";
  mmd_value_t *config = NULL;
  if (mmd_status_ignore(mmd_pyconfig_parse(text, sizeof text - 1, "base.py", NULL, &config)))
    abort();
  return config;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 4096) return 0;
  char *text = mmd_strndup((const char *)data, size);
  mmd_value_t *config = make_config();
  mmd_str_t printed = {0};
  for (char *line = text, *end; line && *line; line = end) {
    end = line + strcspn(line, "\n");
    if (*end) *end++ = '\0';
    (void)mmd_status_ignore(mmd_pyconfig_apply_override(config, line));
  }
  (void)mmd_status_ignore(mmd_pyconfig_print(config, &printed));
  mmd_str_deinit(&printed);
  mmd_value_release(config);
  mmd_free(text);
  return 0;
}
