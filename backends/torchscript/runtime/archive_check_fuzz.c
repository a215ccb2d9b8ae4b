// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>

#include "backends/torchscript/runtime/archive_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_status_ignore(ts_archive_check(data, size));
  return 0;
}
