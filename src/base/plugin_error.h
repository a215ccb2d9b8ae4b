// SPDX-License-Identifier: Apache-2.0
//
// Between plugin errors and statuses; the codes have the same numbers.
#ifndef MMD_BASE_PLUGIN_ERROR_H_
#define MMD_BASE_PLUGIN_ERROR_H_

#include <stdio.h>

#include "base/status.h"
#include "mmdeploy/plugin/common.h"

// Frees |status|, fills |error| and returns the code.
static inline int32_t mmd_plugin_error_set(mmdeploy_plugin_error_t *error, mmd_status_t status) {
  const int32_t code = (int32_t)mmd_status_code(status);
  if (error) {
    error->code = code;
    snprintf(error->message, sizeof error->message, "%s", mmd_status_message(status));
  }
  mmd_status_free(status);
  return code;
}

static inline mmd_status_t mmd_plugin_error_status(int32_t code,
                                                   const mmdeploy_plugin_error_t *error) {
  if (!code) return NULL;
  if (code < 0 || code >= MMD_CODE_COUNT) code = MMD_INTERNAL;
  return mmd_status_make((mmd_code_t)code, __FILE__, __LINE__, "%.*s", 1019, error->message);
}

#endif  // MMD_BASE_PLUGIN_ERROR_H_
