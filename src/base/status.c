// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

#define MESSAGE_MAX 4096

struct mmd_status {
  mmd_code_t code;
  int line;
  const char *file;
  char message[];
};

// Handed out when there is no memory for a real one; never freed.
static const union {
  struct mmd_status status;
  struct {
    mmd_code_t code;
    int line;
    const char *file;
    char message[16];
  } bytes;
} no_memory = {.bytes = {MMD_OUT_OF_MEMORY, __LINE__, __FILE__, "out of memory"}};

mmd_status_t mmd_status_no_memory(void) {
  mmd_status_t status;
  const struct mmd_status *constant = &no_memory.status;
  memcpy(&status, &constant, sizeof status);
  return status;
}

static mmd_status_t status_new(mmd_code_t code, const char *file, int line, const char *message) {
  size_t size = strlen(message) + 1;
  mmd_status_t status = mmd_alloc_uninit(sizeof *status + size);
  if (!status) return mmd_status_no_memory();
  status->code = code;
  status->file = file ? file : "";
  status->line = line;
  memcpy(status->message, message, size);
  return status;
}

// Formats into |buffer| of MESSAGE_MAX bytes; a longer text ends with "...".
static void format_message(char *buffer, const char *fmt, va_list args) MMD_PRINTF(2, 0);
static void format_message(char *buffer, const char *fmt, va_list args) {
  int size = vsnprintf(buffer, MESSAGE_MAX, fmt, args);
  if (size < 0) snprintf(buffer, MESSAGE_MAX, "%s", "message could not be formatted");
  if (size >= MESSAGE_MAX) memcpy(buffer + MESSAGE_MAX - 4, "...", 4);
  mmd_str_sanitize(buffer);
}

mmd_status_t mmd_status_make_v(mmd_code_t code, const char *file, int line, const char *fmt,
                               va_list args) {
  char buffer[MESSAGE_MAX];
  format_message(buffer, fmt, args);
  return status_new(code == MMD_OK ? MMD_INTERNAL : code, file, line, buffer);
}

mmd_status_t mmd_status_make(mmd_code_t code, const char *file, int line, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  mmd_status_t status = mmd_status_make_v(code, file, line, fmt, args);
  va_end(args);
  return status;
}

mmd_status_t mmd_status_annotate(mmd_status_t status, const char *fmt, ...) {
  if (!status) return NULL;
  char buffer[MESSAGE_MAX];
  va_list args;
  va_start(args, fmt);
  format_message(buffer, fmt, args);
  va_end(args);
  size_t used = strlen(buffer);
  // The layer below may have named the same thing already.
  if (strncmp(status->message, buffer, used) == 0 && status->message[used] == ':') return status;
  int size = snprintf(buffer + used, MESSAGE_MAX - used, ": %s", status->message);
  if (size >= 0 && (size_t)size >= MESSAGE_MAX - used) {
    memcpy(buffer + MESSAGE_MAX - 4, "...", 4);
    mmd_str_sanitize(buffer);
  }
  mmd_status_t result = status_new(status->code, status->file, status->line, buffer);
  mmd_status_free(status);
  return result;
}

mmd_status_t mmd_status_join(mmd_status_t first, mmd_status_t second) {
  if (!first) return second;
  mmd_status_free(second);
  return first;
}

mmd_code_t mmd_status_code(mmd_status_t status) {
  return status ? status->code : MMD_OK;
}

const char *mmd_status_message(mmd_status_t status) {
  return status ? status->message : "";
}

const char *mmd_status_file(mmd_status_t status) {
  return status ? status->file : "";
}

int mmd_status_line(mmd_status_t status) {
  return status ? status->line : 0;
}

const char *mmd_code_name(mmd_code_t code) {
  static const char *const names[MMD_CODE_COUNT] = {
      "ok",           "invalid argument", "not found", "not supported",
      "out of range", "out of memory",    "corrupt",   "input/output",
      "unavailable",  "mismatch",         "cancelled", "internal",
  };
  return (unsigned)code < MMD_CODE_COUNT ? names[code] : "unknown";
}

void mmd_status_free(mmd_status_t status) {
  if (status != mmd_status_no_memory()) mmd_free(status);
}

bool mmd_status_ignore(mmd_status_t status) {
  bool failed = status != NULL;
  mmd_status_free(status);
  return failed;
}
