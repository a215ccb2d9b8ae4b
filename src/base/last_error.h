// SPDX-License-Identifier: Apache-2.0
//
// The edge of the public API: a status becomes a code of mmdeploy/common.h plus a message for this
// thread.
#ifndef MMD_BASE_LAST_ERROR_H_
#define MMD_BASE_LAST_ERROR_H_

#include "base/status.h"

// Frees |status|, keeps "<function>: <message>" as this thread's last error and returns the public
// code; 0 for NULL, which leaves the last error alone.
int mmd_last_error_set(const char *function, mmd_status_t status) MMD_MUST_USE;
// The same with a code of its own for MMD_CANCELLED, for functions of ext.h, which may return it.
int mmd_last_error_set_ext(const char *function, mmd_status_t status) MMD_MUST_USE;
// The same for functions that do not return the code.
void mmd_last_error_keep(const char *function, mmd_status_t status);

int mmd_last_error_code(void);  // 0 when none
const char *mmd_last_error_message(
    void);  // "" when none; valid until the next failure on this thread
void mmd_last_error_clear(void);
int mmd_code_to_public(mmd_code_t code);

#endif  // MMD_BASE_LAST_ERROR_H_
