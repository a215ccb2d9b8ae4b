// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_TESTS_FAKE_ENGINE_FAKE_ONNXRUNTIME_H_
#define MMD_TESTS_FAKE_ENGINE_FAKE_ONNXRUNTIME_H_

#include <stddef.h>

// Steers the fake library: the |fail_at|-th call that can fail does so (0 = none).
typedef struct fake_ort_control_t {
  size_t fail_at, calls;
  size_t live;         // objects that the caller has to release
  const char *failed;  // the call that failed
} fake_ort_control_t;

typedef fake_ort_control_t *(*fake_ort_control_fn)(void);  // exported as "fake_ort_control"

#endif  // MMD_TESTS_FAKE_ENGINE_FAKE_ONNXRUNTIME_H_
