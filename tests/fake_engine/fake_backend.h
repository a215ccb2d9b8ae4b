// SPDX-License-Identifier: Apache-2.0
//
// How a test steers the fake module.
#ifndef MMD_TESTS_FAKE_ENGINE_FAKE_BACKEND_H_
#define MMD_TESTS_FAKE_ENGINE_FAKE_BACKEND_H_

#include <stddef.h>
#include <stdint.h>

typedef struct fake_control_t {
  const char
      *fail;  // name of the call that fails: "open", "devices", "session_create", …; NULL = none
  int32_t code;     // with this number
  const char *lie;  // what is wrong with the outputs: "rank", "dtype", "size", "negative", "null",
                    // "count"; NULL = none
  size_t sessions;  // alive
  size_t outputs;   // alive
} fake_control_t;

typedef fake_control_t *(*fake_control_fn)(void);  // exported as "fake_control"

#endif  // MMD_TESTS_FAKE_ENGINE_FAKE_BACKEND_H_
