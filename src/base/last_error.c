// SPDX-License-Identifier: Apache-2.0
#include "base/last_error.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/log.h"
#include "mmdeploy/common.h"
#include "mmdeploy/ext.h"

// Fixed storage: telling of a lack of memory must not need any.
static _Thread_local int g_code;
static _Thread_local char g_message[4096];

int mmd_code_to_public(mmd_code_t code) {
  switch (code) {
    case MMD_OK:
      return MMDEPLOY_SUCCESS;
    case MMD_INVALID_ARGUMENT:
      return MMDEPLOY_E_INVALID_ARG;
    case MMD_NOT_FOUND:
      return MMDEPLOY_E_FILE_NOT_EXIST;
    case MMD_NOT_SUPPORTED:
    case MMD_UNAVAILABLE:
      return MMDEPLOY_E_NOT_SUPPORTED;
    case MMD_OUT_OF_RANGE:
      return MMDEPLOY_E_OUT_OF_RANGE;
    case MMD_OUT_OF_MEMORY:
      return MMDEPLOY_E_OUT_OF_MEMORY;
    default:
      return MMDEPLOY_E_FAIL;
  }
}

int mmd_last_error_set(const char *function, mmd_status_t status) {
  if (!status) return MMDEPLOY_SUCCESS;
  g_code = mmd_code_to_public(mmd_status_code(status));
  snprintf(g_message, sizeof g_message, "%s: %s", function, mmd_status_message(status));
  mmd_log(MMD_LOG_DEBUG, mmd_status_file(status), mmd_status_line(status), "%s", g_message);
  mmd_status_free(status);
  return g_code;
}

int mmd_last_error_set_ext(const char *function, mmd_status_t status) {
  const bool is_cancelled = mmd_status_code(status) == MMD_CANCELLED;
  const int code = mmd_last_error_set(function, status);
  if (is_cancelled) g_code = MMDEPLOY_E_CANCELLED;
  return is_cancelled ? MMDEPLOY_E_CANCELLED : code;
}

void mmd_last_error_keep(const char *function, mmd_status_t status) {
  const int ignored = mmd_last_error_set(function, status);
  (void)ignored;
}

int mmd_last_error_code(void) {
  return g_code;
}

const char *mmd_last_error_message(void) {
  return g_message;
}

void mmd_last_error_clear(void) {
  g_code = 0;
  g_message[0] = 0;
}
