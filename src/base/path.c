// SPDX-License-Identifier: Apache-2.0
//
// Paths as text; nothing here looks at the disk except for the working directory.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

char *mmd_path_join(const char *directory, const char *name) {
  if (name[0] == '/' || directory[0] == 0) return mmd_strdup(name);
  size_t a = strlen(directory), b = strlen(name);
  bool slash = directory[a - 1] != '/';
  char *path = mmd_alloc_uninit(a + slash + b + 1);
  if (!path) return NULL;
  memcpy(path, directory, a);
  if (slash) path[a] = '/';
  memcpy(path + a + slash, name, b + 1);
  return path;
}

char *mmd_path_directory(const char *path) {
  size_t size = (size_t)(mmd_path_base(path) - path);
  while (size > 1 && path[size - 1] == '/') --size;
  return mmd_strndup(path, size);
}

static char *working_directory(void) {
  for (size_t size = 256;; size *= 2) {
    char *text = mmd_alloc_uninit(size);
    if (!text || getcwd(text, size)) return text;
    int error = errno;
    mmd_free(text);
    if (error != ERANGE) return mmd_strdup("/");  // the directory was removed
  }
}

// Drops "." and empty parts and applies ".." as text.
static void normalise(char *path) {
  char *out = path;
  for (const char *in = path; *in;) {
    while (*in == '/') ++in;
    size_t size = strcspn(in, "/");
    if (size == 2 && in[0] == '.' && in[1] == '.') {
      while (out > path && *--out != '/') {
      }
    } else if (size > 0 && !(size == 1 && in[0] == '.')) {
      *out++ = '/';
      memmove(out, in, size);
      out += size;
    }
    in += size;
  }
  if (out == path) *out++ = '/';
  *out = 0;
}

char *mmd_path_absolute(const char *path) {
  char *full;
  if (path[0] == '/') {
    full = mmd_strdup(path);
  } else {
    char *here = working_directory();
    full = here ? mmd_path_join(here, path) : NULL;
    mmd_free(here);
  }
  if (full) normalise(full);
  return full;
}

char *mmd_path_stem(const char *path) {
  const char *base = mmd_path_base(path);
  return mmd_strndup(base, strlen(base) - strlen(mmd_path_extension(path)));
}

const char *mmd_path_base(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

const char *mmd_path_extension(const char *path) {
  const char *base = mmd_path_base(path);
  const char *dot = strrchr(base, '.');
  return dot && dot != base ? dot : base + strlen(base);
}

bool mmd_path_is_contained(const char *name) {
  if (name[0] == 0 || name[0] == '/') return false;
  for (const char *at = name; *at;) {
    size_t size = strcspn(at, "/");
    if (size == 2 && at[0] == '.' && at[1] == '.') return false;
    at += size;
    while (*at == '/') ++at;
  }
  return true;
}
