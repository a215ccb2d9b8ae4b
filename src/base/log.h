// SPDX-License-Identifier: Apache-2.0
//
// One log per process. By default lines of level warn and above go to standard error; the
// environment variable SPDLOG_LEVEL (trace debug info warn err critical off) sets the level.
#ifndef MMD_BASE_LOG_H_
#define MMD_BASE_LOG_H_

#include <stdbool.h>

#include "base/status.h"

typedef enum mmd_log_level_t {
  MMD_LOG_TRACE,
  MMD_LOG_DEBUG,
  MMD_LOG_INFO,
  MMD_LOG_WARN,
  MMD_LOG_ERROR,
  MMD_LOG_CRITICAL,
  MMD_LOG_OFF,
} mmd_log_level_t;

typedef void (*mmd_log_fn)(mmd_log_level_t level, const char *message, void *user);

void mmd_log_set_level(mmd_log_level_t level);
mmd_log_level_t mmd_log_level(void);
void mmd_log_set_callback(mmd_log_fn fn, void *user);  // NULL restores standard error
void mmd_log(mmd_log_level_t level, const char *file, int line, const char *fmt, ...)
    MMD_PRINTF(4, 5);
const char *mmd_log_level_name(mmd_log_level_t level);
bool mmd_log_level_parse(
    const char *name,
    mmd_log_level_t *out_level);  // accepts Python's names too (WARNING, ERROR, …)

#define MMD_LOGT(...) mmd_log(MMD_LOG_TRACE, __FILE__, __LINE__, __VA_ARGS__)
#define MMD_LOGD(...) mmd_log(MMD_LOG_DEBUG, __FILE__, __LINE__, __VA_ARGS__)
#define MMD_LOGI(...) mmd_log(MMD_LOG_INFO, __FILE__, __LINE__, __VA_ARGS__)
#define MMD_LOGW(...) mmd_log(MMD_LOG_WARN, __FILE__, __LINE__, __VA_ARGS__)
#define MMD_LOGE(...) mmd_log(MMD_LOG_ERROR, __FILE__, __LINE__, __VA_ARGS__)

#endif  // MMD_BASE_LOG_H_
