// SPDX-License-Identifier: Apache-2.0
//
// For tests that need ONNX Runtime: they are skipped without it, unless MMDEPLOY_REQUIRE_ASSETS
// is 1.
#ifndef MMD_TESTS_INTEGRATION_SDK_SDK_ENGINE_H_
#define MMD_TESTS_INTEGRATION_SDK_SDK_ENGINE_H_

#include "sdk/sdk_testing.h"

// The engine keeps some memory of its own to the end, and its locks are invisible to the sanitizer.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:libonnxruntime\n";
}
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "called_from_lib:libonnxruntime\nrace:libonnxruntime\n";
}

static inline int sdk_has_engine(void) {
  const char *version = NULL, *library = NULL, *required = getenv("MMDEPLOY_REQUIRE_ASSETS");
  if (mmdeploy_backend_info("onnxruntime", &version, &library) == MMDEPLOY_SUCCESS) {
    assert_true(*version && *library);
    return 1;
  }
  if (required && strcmp(required, "1") == 0) fail_msg("%s", mmdeploy_last_error_message());
  return 0;
}

#define NEED_ENGINE()              \
  do {                             \
    if (!sdk_has_engine()) skip(); \
  } while (0)

#endif  // MMD_TESTS_INTEGRATION_SDK_SDK_ENGINE_H_
