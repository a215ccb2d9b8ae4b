// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mmd_test_engine.h"

#include "mmdeploy/ext.h"
#include "tests/support/mmd_test_skip.h"

void mmd_test_need_engine(const char *backend) {
  const char *version = NULL, *library = NULL;
  if (mmdeploy_backend_info(backend, &version, &library))
    mmd_test_skip_engine(backend, mmdeploy_last_error_message());
  assert_true(*version && *library);
}
