// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mmd_test_skip.h"

#include <stdlib.h>
#include <string.h>

_Noreturn void mmd_test_skip(const char *reason) {
  const char *required = getenv("MMDEPLOY_REQUIRE_ASSETS");
  if (required && strcmp(required, "1") == 0) fail_msg("%s", reason);
  print_message("skipped: %s\n", reason);
  skip();
  abort();  // not reached: skip jumps
}
