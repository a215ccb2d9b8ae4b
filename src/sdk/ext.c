// SPDX-License-Identifier: Apache-2.0
//
// ext.h: errors, versions, lists, log, memory, threads. The rest of it is in ext_*.c and model.c.
#include "mmdeploy/ext.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "mmdeploy/version.h"
#include "pipeline/registry.h"
#include "runtime/session.h"
#include "sdk/handle.h"

//===--- errors ------------------------------------------------------------===//

int mmdeploy_last_error_code(void) {
  return mmd_last_error_code();
}

const char *mmdeploy_last_error_message(void) {
  return mmd_last_error_message();
}

void mmdeploy_clear_last_error(void) {
  mmd_last_error_clear();
}

const char *mmdeploy_status_string(int status) {
  static const char *const texts[] = {"success",      "invalid argument", "not supported",
                                      "out of range", "out of memory",    "file does not exist",
                                      "failure"};
  return status >= 0 && status < MMDEPLOY_STATUS_COUNT ? texts[status] : "unknown status";
}

const char *mmdeploy_nearest_name(const char *name, const char *const *names, int count) {
  if (!name || !names || count < 1) return NULL;
  return mmd_nearest_name(name, names, (size_t)count);
}

//===--- versions ----------------------------------------------------------===//

const char *mmdeploy_version_string(void) {
  return MMDEPLOY_VERSION;
}

const char *mmdeploy_compat_version_string(void) {
  return MMDEPLOY_COMPAT_1X_VERSION;
}

static mmd_status_t get_version(int *major, int *minor, int *patch) {
  MMD_CHECK_POINTER(major);
  MMD_CHECK_POINTER(minor);
  MMD_CHECK_POINTER(patch);
  *major = MMDEPLOY_VERSION_MAJOR;
  *minor = MMDEPLOY_VERSION_MINOR;
  *patch = MMDEPLOY_VERSION_PATCH;
  return NULL;
}

int mmdeploy_version(int *major, int *minor, int *patch) {
  return mmd_last_error_set(__func__, get_version(major, minor, patch));
}

//===--- lists -------------------------------------------------------------===//

static mmd_status_t list_static(const char *const *table, const char *const **names, int *count) {
  MMD_CHECK_POINTER(names);
  MMD_CHECK_POINTER(count);
  *names = table;
  *count = 0;
  while (table[*count]) ++*count;
  return NULL;
}

int mmdeploy_list_devices(const char *const **names, int *count) {
  static const char *const devices[] = {"cpu", NULL};
  return mmd_last_error_set(__func__, list_static(devices, names, count));
}

int mmdeploy_list_tasks(const char *const **names, int *count) {
  return mmd_last_error_set(__func__, list_static(mmd_task_registry, names, count));
}

// The list of backends is made once and kept, so that callers may keep pointers into it.
static mmd_mutex_t g_mutex = MMD_MUTEX_INIT;
static char **g_backend_names;
static size_t g_backend_count;

static mmd_status_t list_backends(const char *const **names, int *count) {
  MMD_CHECK_POINTER(names);
  MMD_CHECK_POINTER(count);
  *names = NULL;
  *count = 0;
  MMD_TRY(mmd_backend_registry_use());
  mmd_mutex_lock(&g_mutex);
  mmd_status_t status =
      g_backend_names ? NULL : mmd_backend_list(&g_backend_names, &g_backend_count);
  mmd_mutex_unlock(&g_mutex);
  MMD_TRY(status);
  *names = (const char *const *)g_backend_names;
  *count = (int)g_backend_count;
  return NULL;
}

int mmdeploy_list_backends(const char *const **names, int *count) {
  return mmd_last_error_set(__func__, list_backends(names, count));
}

static mmd_status_t device_count(const char *device_name, int *count) {
  MMD_CHECK_POINTER(count);
  *count = 0;
  MMD_CHECK_POINTER(device_name);
  struct mmdeploy_device device;
  MMD_TRY(mmd_device_parse(device_name, 0, &device));
  *count = 1;
  return NULL;
}

int mmdeploy_device_count(const char *device_name, int *count) {
  return mmd_last_error_set(__func__, device_count(device_name, count));
}

static mmd_status_t backend_info(const char *name, const char **version, const char **library) {
  MMD_CHECK_POINTER(version);
  MMD_CHECK_POINTER(library);
  *version = "";
  *library = "";
  MMD_CHECK_POINTER(name);
  mmd_backend_t *backend = NULL;
  MMD_TRY(mmd_backend_registry_use());
  MMD_TRY(mmd_backend_get(name, &backend));
  MMD_TRY(mmd_backend_open(backend));
  *version = mmd_backend_version(backend);
  *library = mmd_backend_library(backend);
  return NULL;
}

int mmdeploy_backend_info(const char *backend, const char **version, const char **library) {
  return mmd_last_error_set(__func__, backend_info(backend, version, library));
}

static mmd_status_t set_library(const char *backend, const char *path) {
  MMD_CHECK_POINTER(backend);
  return mmd_backend_set_library(backend, path);
}

int mmdeploy_backend_set_library(const char *backend, const char *path) {
  return mmd_last_error_set(__func__, set_library(backend, path));
}

//===--- log, memory, threads ----------------------------------------------===//

static mmd_status_t set_log_level(mmdeploy_log_level_t level) {
  if ((unsigned)level > MMDEPLOY_LOG_OFF) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "log level %d; 0 to %d are accepted", (int)level,
                     (int)MMDEPLOY_LOG_OFF);
  }
  mmd_log_set_level((mmd_log_level_t)level);
  return NULL;
}

int mmdeploy_set_log_level(mmdeploy_log_level_t level) {
  return mmd_last_error_set(__func__, set_log_level(level));
}

// The levels of log.h and ext.h have the same numbers.
static mmdeploy_log_fn_t g_log_fn;
static void *g_log_user;

static void forward_log(mmd_log_level_t level, const char *message, void *user) {
  (void)user;
  g_log_fn((mmdeploy_log_level_t)level, message, g_log_user);
}

int mmdeploy_set_log_callback(mmdeploy_log_fn_t fn, void *user) {
  if (!fn) mmd_log_set_callback(NULL, NULL);
  g_log_fn = fn;
  g_log_user = user;
  if (fn) mmd_log_set_callback(forward_log, NULL);
  return MMDEPLOY_SUCCESS;
}

static mmd_status_t set_allocator(const mmdeploy_allocator_t *allocator) {
  if (!allocator) {
    mmd_allocator_set(NULL);
    return NULL;
  }
  if (!allocator->allocate || !allocator->reallocate || !allocator->free) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "an allocator needs allocate, reallocate and free");
  }
  const mmd_allocator_t ours = {.self = allocator->user,
                                .allocate = allocator->allocate,
                                .reallocate = allocator->reallocate,
                                .free = allocator->free};
  mmd_allocator_set(&ours);
  return NULL;
}

int mmdeploy_set_allocator(const mmdeploy_allocator_t *allocator) {
  return mmd_last_error_set(__func__, set_allocator(allocator));
}

static mmd_status_t set_threads(mmdeploy_context_t context, int threads) {
  MMD_CHECK_HANDLE(context, MMD_TAG_CONTEXT);
  if (threads < 0 || threads > 1024) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%d threads; 0 to 1024 are accepted", threads);
  }
  context->threads = threads;
  return NULL;
}

int mmdeploy_context_set_threads(mmdeploy_context_t context, int threads) {
  return mmd_last_error_set(__func__, set_threads(context, threads));
}
