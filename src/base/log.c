// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define MESSAGE_MAX 4096

static atomic_int log_level = MMD_LOG_WARN;
static pthread_once_t level_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t callback_lock = PTHREAD_MUTEX_INITIALIZER;
static mmd_log_fn callback;
static void *callback_user;

static void level_from_environment(void) {
  const char *name = getenv("SPDLOG_LEVEL");
  mmd_log_level_t level;
  if (name && mmd_log_level_parse(name, &level)) atomic_store(&log_level, (int)level);
}

mmd_log_level_t mmd_log_level(void) {
  pthread_once(&level_once, level_from_environment);
  return (mmd_log_level_t)atomic_load_explicit(&log_level, memory_order_relaxed);
}

void mmd_log_set_level(mmd_log_level_t level) {
  pthread_once(&level_once, level_from_environment);
  atomic_store(&log_level, (int)level);
}

void mmd_log_set_callback(mmd_log_fn fn, void *user) {
  pthread_mutex_lock(&callback_lock);
  callback = fn;
  callback_user = user;
  pthread_mutex_unlock(&callback_lock);
}

// One write a line, so that lines of several threads do not mix.
static void write_line(mmd_log_level_t level, const char *file, int line, const char *message) {
  char text[MESSAGE_MAX + 256];
  struct timespec now;
  struct tm date;
  clock_gettime(CLOCK_REALTIME, &now);
  localtime_r(&now.tv_sec, &date);
  char stamp[32];
  strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &date);
  const char *base = strrchr(file, '/');
  int size = snprintf(text, sizeof text - 1, "[%s.%03d] [mmdeploy] [%s] [%s:%d] %s", stamp,
                      (int)(now.tv_nsec / 1000000), mmd_log_level_name(level),
                      base ? base + 1 : file, line, message);
  if (size < 0) return;
  if ((size_t)size > sizeof text - 2) size = (int)sizeof text - 2;
  text[size++] = '\n';
  ssize_t done = write(STDERR_FILENO, text, (size_t)size);
  (void)done;  // nobody can be told
}

void mmd_log(mmd_log_level_t level, const char *file, int line, const char *fmt, ...) {
  if (level < mmd_log_level() || level >= MMD_LOG_OFF) return;
  char message[MESSAGE_MAX];
  va_list args;
  va_start(args, fmt);
  int size = vsnprintf(message, sizeof message, fmt, args);
  va_end(args);
  if (size < 0) return;
  mmd_str_sanitize(message);
  pthread_mutex_lock(&callback_lock);
  mmd_log_fn fn = callback;
  void *user = callback_user;
  pthread_mutex_unlock(&callback_lock);
  if (fn) {
    fn(level, message, user);
  } else {
    write_line(level, file, line, message);
  }
}

static const char *const level_names[] = {"trace", "debug",    "info", "warn",
                                          "error", "critical", "off"};

const char *mmd_log_level_name(mmd_log_level_t level) {
  return (unsigned)level <= MMD_LOG_OFF ? level_names[level] : "unknown";
}

bool mmd_log_level_parse(const char *name, mmd_log_level_t *out_level) {
  static const struct {
    const char *name;
    mmd_log_level_t level;
  } others[] = {{"err", MMD_LOG_ERROR},
                {"warning", MMD_LOG_WARN},
                {"fatal", MMD_LOG_CRITICAL},
                {"notset", MMD_LOG_TRACE}};
  for (int i = 0; i <= MMD_LOG_OFF; ++i) {
    if (strcasecmp(name, level_names[i]) != 0) continue;
    *out_level = (mmd_log_level_t)i;
    return true;
  }
  for (size_t i = 0; i < sizeof others / sizeof *others; ++i) {
    if (strcasecmp(name, others[i].name) != 0) continue;
    *out_level = others[i].level;
    return true;
  }
  return false;
}
