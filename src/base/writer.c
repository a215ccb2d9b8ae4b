// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

#define BUFFER_SIZE ((size_t)1 << 16)

struct mmd_writer {
  int fd;
  char *path;
  char *temporary;  // NULL when the target is a device or pipe and is written in place
  uint8_t *buffer;
  size_t used;
  uint64_t position;
};

static mmd_status_t open_temporary(mmd_writer_t *writer) {
  static atomic_uint counter;
  size_t size = strlen(writer->path) + 40;
  writer->temporary = mmd_alloc_uninit(size);
  MMD_TRY_ALLOC(writer->temporary);
  do {
    unsigned n = atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
    snprintf(writer->temporary, size, "%s.tmp-%ld-%u", writer->path, (long)getpid(), n);
    writer->fd = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (writer->fd < 0 && errno == EEXIST);
  if (writer->fd >= 0) return NULL;
  int error = errno;
  mmd_free(writer->temporary);
  writer->temporary = NULL;
  return mmd_file_error(error, writer->path, "create");
}

static mmd_status_t open_target(mmd_writer_t *writer) {
  struct stat info;
  if (stat(writer->path, &info) != 0 || S_ISREG(info.st_mode)) return open_temporary(writer);
  if (S_ISDIR(info.st_mode)) return mmd_file_error(EISDIR, writer->path, "write");
  // Renaming over a device such as /dev/null would replace the device.
  writer->fd = open(writer->path, O_WRONLY | O_CLOEXEC);
  return writer->fd < 0 ? mmd_file_error(errno, writer->path, "open for writing") : NULL;
}

mmd_status_t mmd_writer_create(const char *path, mmd_writer_t **out_writer) {
  *out_writer = NULL;
  mmd_writer_t *writer = mmd_alloc(sizeof *writer);
  MMD_TRY_ALLOC(writer);
  writer->fd = -1;
  writer->path = mmd_strdup(path);
  writer->buffer = mmd_alloc_uninit(BUFFER_SIZE);
  mmd_status_t status = NULL;
  if (!writer->path || !writer->buffer) {
    status = mmd_status_no_memory();
  } else {
    status = open_target(writer);
  }
  if (status) {
    mmd_writer_destroy(writer);
    return status;
  }
  *out_writer = writer;
  return NULL;
}

static mmd_status_t write_all(mmd_writer_t *writer, const uint8_t *data, size_t size) {
  while (size > 0) {
    ssize_t done = write(writer->fd, data, size);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return mmd_file_error(errno, writer->path, "write");
    data += done;
    size -= (size_t)done;
  }
  return NULL;
}

static mmd_status_t flush(mmd_writer_t *writer) {
  size_t used = writer->used;
  writer->used = 0;
  return write_all(writer, writer->buffer, used);
}

mmd_status_t mmd_writer_write(mmd_writer_t *writer, const void *data, size_t size) {
  if (size == 0) return NULL;
  if (size > BUFFER_SIZE - writer->used) MMD_TRY(flush(writer));
  if (size >= BUFFER_SIZE) {
    MMD_TRY(write_all(writer, data, size));
  } else {
    memcpy(writer->buffer + writer->used, data, size);
    writer->used += size;
  }
  writer->position += size;
  return NULL;
}

uint64_t mmd_writer_position(const mmd_writer_t *writer) {
  return writer->position;
}

mmd_status_t mmd_writer_commit(mmd_writer_t *writer) {
  if (writer->fd < 0) return MMD_ERROR(MMD_INTERNAL, "%s: committed twice", writer->path);
  MMD_TRY(flush(writer));
  int fd = writer->fd;
  writer->fd = -1;
  // Network file systems report a full disk only here.
  if (close(fd) != 0 && errno != EINTR) return mmd_file_error(errno, writer->path, "write");
  if (!writer->temporary) return NULL;
  if (rename(writer->temporary, writer->path) != 0) {
    return mmd_file_error(errno, writer->path, "replace");
  }
  mmd_free(writer->temporary);
  writer->temporary = NULL;
  return NULL;
}

void mmd_writer_destroy(mmd_writer_t *writer) {
  if (!writer) return;
  if (writer->fd >= 0) close(writer->fd);
  if (writer->temporary) unlink(writer->temporary);
  mmd_free(writer->temporary);
  mmd_free(writer->path);
  mmd_free(writer->buffer);
  mmd_free(writer);
}
