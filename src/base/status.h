// SPDX-License-Identifier: Apache-2.0
//
// The one error type of the code base.
//
// A status is a pointer: NULL is success, anything else owns a code, a one-line message and the
// place that made it. Whoever receives a status either returns it, or frees it. Layers that know
// more add it in front: "configs/a.py:3:7: " + "unknown name 'x'".
#ifndef MMD_BASE_STATUS_H_
#define MMD_BASE_STATUS_H_

#include <stdarg.h>
#include <stdbool.h>

typedef struct mmd_status *mmd_status_t;

typedef enum mmd_code_t {
  MMD_OK = 0,
  MMD_INVALID_ARGUMENT,  // the caller, a config or a file holds a wrong value
  MMD_NOT_FOUND,         // file, key, symbol, name
  MMD_NOT_SUPPORTED,     // well formed, but this build or engine cannot do it
  MMD_OUT_OF_RANGE,      // an index, size or number outside its limits
  MMD_OUT_OF_MEMORY,     // an allocation failed or a memory limit was met
  MMD_CORRUPT,           // a file is truncated or contradicts its own format
  MMD_IO,                // the operating system refused a read, write or open
  MMD_UNAVAILABLE,       // a vendor library, device or version is missing
  MMD_MISMATCH,          // results differ by more than the tolerance
  MMD_CANCELLED,         // the caller asked to stop
  MMD_INTERNAL,          // a defect of ours
  MMD_CODE_COUNT
} mmd_code_t;

#if defined(__GNUC__)
#define MMD_MUST_USE __attribute__((warn_unused_result))
#define MMD_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define MMD_RETURNS_NONNULL __attribute__((returns_nonnull))
#else
#define MMD_MUST_USE
#define MMD_PRINTF(fmt, args)
#define MMD_RETURNS_NONNULL
#endif

// Makes a status. Never returns NULL: when memory is short, a static out-of-memory status is
// returned instead. |fmt| gives one line without a final newline; control characters in the
// result are replaced by '?', so hostile file content cannot forge lines.
mmd_status_t mmd_status_make(mmd_code_t code, const char *file, int line, const char *fmt,
                             ...) MMD_MUST_USE MMD_RETURNS_NONNULL MMD_PRINTF(4, 5);
mmd_status_t mmd_status_make_v(mmd_code_t code, const char *file, int line, const char *fmt,
                               va_list args) MMD_MUST_USE MMD_RETURNS_NONNULL MMD_PRINTF(4, 0);

// The status for a failed allocation; needs no memory.
mmd_status_t mmd_status_no_memory(void) MMD_MUST_USE MMD_RETURNS_NONNULL;

// Puts "<text>: " in front of the message of |status|, unless it begins so already, and returns it.
// NULL stays NULL.
mmd_status_t mmd_status_annotate(mmd_status_t status, const char *fmt, ...) MMD_MUST_USE
    MMD_PRINTF(2, 3);

// Keeps the first failure, frees the other.
mmd_status_t mmd_status_join(mmd_status_t first, mmd_status_t second) MMD_MUST_USE;

mmd_code_t mmd_status_code(mmd_status_t status);      // MMD_OK for NULL
const char *mmd_status_message(mmd_status_t status);  // "" for NULL; borrowed
const char *mmd_status_file(mmd_status_t status);     // source file that made it, "" for NULL
int mmd_status_line(mmd_status_t status);
const char *mmd_code_name(mmd_code_t code);  // "invalid argument", static

// Frees |status|; NULL is fine.
void mmd_status_free(mmd_status_t status);

// Frees |status| and tells whether it was a failure: for probes whose failure is no error.
bool mmd_status_ignore(mmd_status_t status);

#define MMD_ERROR(code, ...) mmd_status_make((code), __FILE__, __LINE__, __VA_ARGS__)

// Returns from the calling function when |expr| fails.
#define MMD_TRY(expr)                            \
  do {                                           \
    mmd_status_t mmd_try_status_ = (expr);       \
    if (mmd_try_status_) return mmd_try_status_; \
  } while (0)

// Returns the out-of-memory status when |pointer| is NULL.
#define MMD_TRY_ALLOC(pointer)                     \
  do {                                             \
    if (!(pointer)) return mmd_status_no_memory(); \
  } while (0)

#endif  // MMD_BASE_STATUS_H_
