// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/checked.h"

mmd_status_t mmd_file_error(int error, const char *path, const char *action) {
  char reason[128];
  if (strerror_r(error, reason, sizeof reason) != 0) memcpy(reason, "unknown error", 14);
  mmd_code_t code = error == ENOENT || error == ENOTDIR ? MMD_NOT_FOUND
                    : error == ENOMEM                   ? MMD_OUT_OF_MEMORY
                                                        : MMD_IO;
  return MMD_ERROR(code, "%s: cannot %s: %s", path, action, reason);
}

static mmd_status_t read_all(int fd, const char *path, size_t limit, size_t guess, char **out_data,
                             size_t *out_size) {
  char *data = NULL;
  size_t capacity = 0, size = 0;
  mmd_status_t status = MMD_GROW(data, capacity, guess + 1);
  while (!status) {
    // One byte stays free for the NUL; a full buffer grows before the next read.
    if (size + 1 >= capacity) {
      status = MMD_GROW(data, capacity, capacity + 65536);
      continue;
    }
    ssize_t got = read(fd, data + size, capacity - size - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) status = mmd_file_error(errno, path, "read");
    if (got <= 0) break;
    size += (size_t)got;
    if (limit != 0 && size > limit) {
      status = MMD_ERROR(MMD_OUT_OF_RANGE, "%s: larger than the limit of %zu bytes", path, limit);
    }
  }
  if (status) {
    mmd_free(data);
    return status;
  }
  data[size] = 0;
  *out_data = data;
  *out_size = size;
  return NULL;
}

static mmd_status_t read_file(const char *path, size_t limit, bool only_regular, char **out_data,
                              size_t *out_size) {
  *out_data = NULL;
  *out_size = 0;
  // Opening a pipe would wait for who writes to it.
  int fd = open(path, O_RDONLY | O_CLOEXEC | (only_regular ? O_NONBLOCK : 0));
  if (fd < 0) return mmd_file_error(errno, path, "open");
  struct stat info;
  size_t guess = 4096;
  mmd_status_t status = NULL;
  const bool is_known = fstat(fd, &info) == 0;
  if (only_regular && !(is_known && S_ISREG(info.st_mode))) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: not a regular file", path);
  } else if (is_known && S_ISREG(info.st_mode)) {
    guess = (size_t)info.st_size + 1;  // one more, so that the end is seen without growing
    if (limit != 0 && (uint64_t)info.st_size > limit) {
      status = MMD_ERROR(MMD_OUT_OF_RANGE, "%s: %llu bytes, the limit is %zu", path,
                         (unsigned long long)info.st_size, limit);
    }
  }
  if (!status) status = read_all(fd, path, limit, guess, out_data, out_size);
  close(fd);
  return status;
}

mmd_status_t mmd_file_read(const char *path, size_t limit, char **out_data, size_t *out_size) {
  return read_file(path, limit, false, out_data, out_size);
}

mmd_status_t mmd_file_read_regular(const char *path, size_t limit, char **out_data,
                                   size_t *out_size) {
  return read_file(path, limit, true, out_data, out_size);
}

mmd_status_t mmd_file_write(const char *path, const void *data, size_t size) {
  mmd_writer_t *writer = NULL;
  mmd_status_t status = mmd_writer_create(path, &writer);
  if (!status) status = mmd_writer_write(writer, data, size);
  if (!status) status = mmd_writer_commit(writer);
  mmd_writer_destroy(writer);
  return status;
}

static mmd_status_t copy_bytes(int fd, const char *from, mmd_writer_t *writer, char *buffer,
                               size_t size) {
  for (;;) {
    ssize_t got = read(fd, buffer, size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return mmd_file_error(errno, from, "read");
    if (got == 0) return NULL;
    MMD_TRY(mmd_writer_write(writer, buffer, (size_t)got));
  }
}

mmd_status_t mmd_file_copy(const char *from, const char *to) {
  enum { BUFFER_SIZE = 1 << 18 };
  int fd = open(from, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return mmd_file_error(errno, from, "open");
  mmd_writer_t *writer = NULL;
  char *buffer = mmd_alloc_uninit(BUFFER_SIZE);
  mmd_status_t status = buffer ? mmd_writer_create(to, &writer) : mmd_status_no_memory();
  if (!status) status = copy_bytes(fd, from, writer, buffer, BUFFER_SIZE);
  if (!status) status = mmd_writer_commit(writer);
  mmd_writer_destroy(writer);
  mmd_free(buffer);
  close(fd);
  return status;
}

bool mmd_path_exists(const char *path) {
  struct stat info;
  return stat(path, &info) == 0;
}

bool mmd_path_is_directory(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

mmd_status_t mmd_path_size(const char *path, uint64_t *out_size) {
  struct stat info;
  *out_size = 0;
  if (stat(path, &info) != 0) return mmd_file_error(errno, path, "examine");
  *out_size = (uint64_t)info.st_size;
  return NULL;
}

static mmd_status_t make_directory(const char *path) {
  if (mkdir(path, 0777) == 0) return NULL;
  int error = errno;
  if (mmd_path_is_directory(path)) return NULL;
  return mmd_file_error(error, path, "create directory");
}

mmd_status_t mmd_path_make_directories(const char *path) {
  char *part = mmd_strdup(path);
  MMD_TRY_ALLOC(part);
  mmd_status_t status = NULL;
  for (char *at = part; *at && !status; ++at) {
    if (*at != '/' || at == part || at[-1] == '/') continue;
    *at = 0;
    status = make_directory(part);
    *at = '/';
  }
  if (!status && *part) status = make_directory(part);
  mmd_free(part);
  return status;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static mmd_status_t list_entries(DIR *dir, const char *path, char ***names, size_t *count) {
  size_t capacity = 0;
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(dir);
    if (!entry) return errno ? mmd_file_error(errno, path, "list") : NULL;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    MMD_TRY(MMD_GROW(*names, capacity, *count + 1));
    char *name = mmd_strdup(entry->d_name);
    MMD_TRY_ALLOC(name);
    (*names)[(*count)++] = name;
  }
}

mmd_status_t mmd_path_list(const char *path, char ***out_names, size_t *out_count) {
  *out_names = NULL;
  *out_count = 0;
  DIR *dir = opendir(path);
  if (!dir) return mmd_file_error(errno, path, "list");
  char **names = NULL;
  size_t count = 0;
  mmd_status_t status = list_entries(dir, path, &names, &count);
  closedir(dir);
  if (status) {
    for (size_t i = 0; i < count; ++i) mmd_free(names[i]);
    mmd_free(names);
    return status;
  }
  if (count > 1) qsort(names, count, sizeof *names, compare_names);
  *out_names = names;
  *out_count = count;
  return NULL;
}

// The first |folder_size| bytes of |folder| name a folder around |path|; both are real paths.
static bool is_below(const char *path, const char *folder, size_t folder_size) {
  if (folder_size == 1) return true;  // "/"
  return strncmp(path, folder, folder_size) == 0 && path[folder_size] == '/';
}

bool mmd_path_stays_in(const char *path, const char *directory, const char *beside) {
  char real[PATH_MAX], folder[PATH_MAX];
  if (!realpath(path, real)) return errno == ENOENT;
  if (realpath(*directory ? directory : ".", folder) && is_below(real, folder, strlen(folder)))
    return true;
  if (!beside || !realpath(beside, folder)) return false;
  const size_t size = (size_t)(strrchr(folder, '/') - folder);
  return is_below(real, folder, size ? size : 1);
}

//===--- removal -----------------------------------------------------------===//

enum { MAX_DEPTH = 64 };

static void remove_at(int folder, const char *name, int depth) {
  if (unlinkat(folder, name, 0) == 0 || errno == ENOENT || depth == MAX_DEPTH) return;
  const int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *listing = fd < 0 ? NULL : fdopendir(fd);
  if (!listing) {
    if (fd >= 0) close(fd);
    return;
  }
  for (const struct dirent *entry = readdir(listing); entry; entry = readdir(listing)) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      remove_at(fd, entry->d_name, depth + 1);
  }
  closedir(listing);
  (void)unlinkat(folder, name, AT_REMOVEDIR);
}

void mmd_path_remove_at(int folder, const char *name) {
  remove_at(folder, name, 0);
}
