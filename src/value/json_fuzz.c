// SPDX-License-Identifier: Apache-2.0
//
// What parses must survive writing and reading: the second value equals the first.
#include <stdint.h>
#include <stdlib.h>

#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
  if (!condition) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_value_t *value, *again;
  mmd_str_t text = {0};
  if (mmd_status_ignore(mmd_json_parse((const char *)data, size, "fuzz", &value))) return 0;
  require(!mmd_status_ignore(mmd_json_write(value, size % 3 == 0 ? 0 : 2, &text)));
  mmd_status_t status = mmd_json_parse(mmd_str_text(&text), text.size, "fuzz", &again);
  require(!mmd_status_ignore(status));
  // Numbers out of range become "inf" and differ in kind.
  mmd_str_t second = {0};
  require(!mmd_status_ignore(mmd_json_write(again, size % 3 == 0 ? 0 : 2, &second)));
  require(mmd_str_equal(mmd_str_text(&text), mmd_str_text(&second)));
  mmd_str_deinit(&text);
  mmd_str_deinit(&second);
  mmd_value_release(value);
  mmd_value_release(again);
  return 0;
}
