// SPDX-License-Identifier: Apache-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // dladdr, RTLD_DEFAULT
#endif
#include "tools/mmdeploy/library.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MEDIA "libmmdeploy_media.so.0"
#define CONVERT "libmmdeploy_convert.so.0"

static char g_error[2 * PATH_MAX];
static char g_path[PATH_MAX];

const char *cli_library_error(void) {
  return g_error;
}

// Beside the libmmdeploy in use, so that a moved installation and a build tree find their own.
const char *cli_library_path(const char *name) {
  Dl_info info;
  const void *symbol = dlsym(RTLD_DEFAULT, "mmdeploy_version_string");
  g_path[0] = 0;
  if (!symbol || !dladdr(symbol, &info) || !info.dli_fname) return g_path;
  const char *slash = strrchr(info.dli_fname, '/');
  const int folder = slash ? (int)(slash - info.dli_fname) + 1 : 0;
  const int size = snprintf(g_path, sizeof g_path, "%.*s%s", folder, info.dli_fname, name);
  if (size < 0 || (size_t)size >= sizeof g_path || access(g_path, F_OK) != 0) g_path[0] = 0;
  return g_path;
}

static void *open_library(const char *name) {
  const char *path = cli_library_path(name);
  void *library = dlopen(*path ? path : name, RTLD_NOW | RTLD_LOCAL);
  if (library) return library;
  const char *reason = dlerror();
  if (*path) {
    snprintf(g_error, sizeof g_error, "%s cannot be loaded: %s", name,
             reason ? reason : "unknown reason");
  } else {
    snprintf(g_error, sizeof g_error, "%s is not installed", name);
  }
  return NULL;
}

// |out_function| points to a function pointer: C has no cast from object pointers to those.
static bool find_symbol(void *library, const char *file, const char *name, void *out_function) {
  void *symbol = dlsym(library, name);
  memcpy(out_function, &symbol, sizeof symbol);
  if (symbol) return true;
  snprintf(g_error, sizeof g_error, "%s has no function %s: it is of another release", file, name);
  return false;
}

#define X(field, function, result, parameters) \
  ok = ok && find_symbol(library, file, #function, &table.field);

const cli_media_t *cli_media_open(void) {
  static cli_media_t table;
  static void *library;
  const char *file = MEDIA;
  if (library) return &table;
  library = open_library(file);
  bool ok = library != NULL;
  CLI_MEDIA_FUNCTIONS(X)
  if (ok) return &table;
  if (library) dlclose(library);
  library = NULL;
  return NULL;
}

const cli_convert_t *cli_convert_open(void) {
  static cli_convert_t table;
  static void *library;
  const char *file = CONVERT;
  if (library) return &table;
  library = open_library(file);
  bool ok = library != NULL;
  CLI_CONVERT_FUNCTIONS(X)
  if (ok) return &table;
  if (library) dlclose(library);
  library = NULL;
  return NULL;
}
