// SPDX-License-Identifier: Apache-2.0
//
// For tests that need ONNX Runtime: they are skipped without it, unless MMDEPLOY_REQUIRE_ASSETS
// is 1.
#ifndef MMD_TESTS_INTEGRATION_SDK_SDK_ENGINE_H_
#define MMD_TESTS_INTEGRATION_SDK_SDK_ENGINE_H_

#include "sdk/sdk_testing.h"
#include "tests/support/mmd_test_engine.h"

// The engine's locks are invisible to the sanitizer.
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "called_from_lib:libonnxruntime\nrace:libonnxruntime\n";
}

#define NEED_ENGINE() mmd_test_need_engine("onnxruntime")

#endif  // MMD_TESTS_INTEGRATION_SDK_SDK_ENGINE_H_
