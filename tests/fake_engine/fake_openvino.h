// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_TESTS_FAKE_ENGINE_FAKE_OPENVINO_H_
#define MMD_TESTS_FAKE_ENGINE_FAKE_OPENVINO_H_

#include <stddef.h>

enum { FAKE_OV_MAX_WORDS = 32 };

// Steers the fake library: the |fail_at|-th call that can fail does so (0 = none).
typedef struct fake_ov_control_t {
  size_t fail_at, calls;
  size_t live;          // objects that the caller has to release
  const char *failed;   // the call that failed
  const char *message;  // of a failure; NULL: the call's name
  size_t word_count;    // properties of the last network that was compiled
  char words[FAKE_OV_MAX_WORDS][64];
} fake_ov_control_t;

typedef fake_ov_control_t *(*fake_ov_control_fn)(void);  // exported as "fake_ov_control"

#endif  // MMD_TESTS_FAKE_ENGINE_FAKE_OPENVINO_H_
