// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mmd_test_skip.h"

#include <stdlib.h>
#include <string.h>

#include "base/sanitizer.h"

enum { SKIPPED = 77 };

static bool g_has_skipped;

static _Noreturn void leave_out(const char *reason) {
  print_message("skipped: %s\n", reason);
  g_has_skipped = true;
  skip();
  abort();  // not reached: skip jumps
}

_Noreturn void mmd_test_skip(const char *reason) {
  const char *required = getenv("MMDEPLOY_REQUIRE_ASSETS");
  if (required && strcmp(required, "1") == 0) fail_msg("%s", reason);
  leave_out(reason);
}

// A library that |variable| names must be good all the same.
typedef struct rule_t {
  const char *backend, *variable;
  bool is_fetched, bears_sanitizers;
} rule_t;

static const rule_t g_rules[] = {
    {"openvino", "MMDEPLOY_OPENVINO_LIBRARY", true, false},
    {"ncnn", "MMDEPLOY_NCNN_LIBRARY", false, true},  // is built, which takes minutes
    {"torchscript", "MMDEPLOY_TORCHSCRIPT_LIBRARY", false, false},
};

static bool may_be_missing(const char *backend) {
  for (size_t i = 0; i < sizeof g_rules / sizeof *g_rules; ++i) {
    const rule_t *rule = &g_rules[i];
    if (strcmp(rule->backend, backend) != 0) continue;
    if (MMD_HAS_SANITIZER && !rule->bears_sanitizers) return true;
    return !rule->is_fetched && !getenv(rule->variable);
  }
  return false;
}

_Noreturn void mmd_test_skip_engine(const char *backend, const char *reason) {
  if (may_be_missing(backend)) leave_out(reason);
  mmd_test_skip(reason);
}

const char *mmd_test_assets(void) {
  const char *assets = getenv("MMDEPLOY_ASSETS");
  if (assets && *assets) return assets;
  mmd_test_skip("MMDEPLOY_ASSETS is not set");
}

int mmd_test_exit_status(int failures) {
  if (failures) return 1;
  return g_has_skipped ? SKIPPED : 0;
}
