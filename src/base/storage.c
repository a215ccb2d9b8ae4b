// SPDX-License-Identifier: Apache-2.0
#include "base/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/file.h"

#define STORAGE_ALIGN ((size_t)64)

struct mmd_storage {
  atomic_size_t references;
  mmd_storage_kind_t kind;
  const uint8_t *data;
  size_t size;
  void *block;  // heap: what the allocator gave, header and bytes together
  void (*release)(void *user);
  void *user;
};
_Static_assert(sizeof(struct mmd_storage) <= STORAGE_ALIGN, "the header fits before the bytes");

mmd_status_t mmd_storage_create(size_t size, bool zeroed, mmd_storage_t **out_storage) {
  *out_storage = NULL;
  size_t total;
  if (!mmd_checked_add(size, 2 * STORAGE_ALIGN, &total)) return mmd_status_no_memory();
  uint8_t *block = zeroed ? mmd_alloc(total) : mmd_alloc_uninit(total);
  MMD_TRY_ALLOC(block);
  size_t skip = (STORAGE_ALIGN - (uintptr_t)block % STORAGE_ALIGN) % STORAGE_ALIGN;
  mmd_storage_t *storage = (mmd_storage_t *)(void *)(block + skip);
  *storage = (mmd_storage_t){
      .kind = MMD_STORAGE_HEAP, .data = block + skip + STORAGE_ALIGN, .size = size, .block = block};
  atomic_init(&storage->references, 1);
  *out_storage = storage;
  return NULL;
}

static mmd_status_t storage_wrap(mmd_storage_kind_t kind, const void *data, size_t size,
                                 mmd_storage_t **out_storage) {
  mmd_storage_t *storage = mmd_alloc(sizeof *storage);
  MMD_TRY_ALLOC(storage);
  atomic_init(&storage->references, 1);
  storage->kind = kind;
  storage->data = data ? data : (const uint8_t *)"";
  storage->size = size;
  storage->block = storage;
  *out_storage = storage;
  return NULL;
}

static mmd_status_t map_descriptor(int fd, const char *path, mmd_storage_t **out_storage) {
  struct stat info;
  if (fstat(fd, &info) != 0) return mmd_file_error(errno, path, "examine");
  if (S_ISDIR(info.st_mode)) return mmd_file_error(EISDIR, path, "read");
  if (!S_ISREG(info.st_mode)) return MMD_ERROR(MMD_IO, "%s: not a regular file", path);
  if ((uint64_t)info.st_size > SIZE_MAX / 2) return mmd_file_error(EFBIG, path, "map");
  size_t size = (size_t)info.st_size;
  if (size == 0) return storage_wrap(MMD_STORAGE_MAPPED, NULL, 0, out_storage);
  void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED) return mmd_file_error(errno, path, "map");
  mmd_status_t status = storage_wrap(MMD_STORAGE_MAPPED, data, size, out_storage);
  if (status) munmap(data, size);
  return status;
}

mmd_status_t mmd_storage_map_file(const char *path, mmd_storage_t **out_storage) {
  *out_storage = NULL;
  // Without O_NONBLOCK, opening a named pipe would wait for its writer.
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return mmd_file_error(errno, path, "open");
  mmd_status_t status = map_descriptor(fd, path, out_storage);
  close(fd);
  return status;
}

mmd_status_t mmd_storage_borrow(const void *data, size_t size, void (*release)(void *user),
                                void *user, mmd_storage_t **out_storage) {
  *out_storage = NULL;
  MMD_TRY(storage_wrap(MMD_STORAGE_BORROWED, data, size, out_storage));
  (*out_storage)->release = release;
  (*out_storage)->user = user;
  return NULL;
}

mmd_storage_t *mmd_storage_retain(mmd_storage_t *storage) {
  if (storage) atomic_fetch_add_explicit(&storage->references, 1, memory_order_relaxed);
  return storage;
}

void mmd_storage_release(mmd_storage_t *storage) {
  if (!storage) return;
  if (atomic_fetch_sub_explicit(&storage->references, 1, memory_order_acq_rel) != 1) return;
  if (storage->kind == MMD_STORAGE_MAPPED && storage->size > 0) {
    munmap((void *)(uintptr_t)storage->data, storage->size);
  }
  if (storage->release) storage->release(storage->user);
  mmd_free(storage->block);
}

const uint8_t *mmd_storage_data(const mmd_storage_t *storage) {
  return storage->data;
}

uint8_t *mmd_storage_mutable_data(mmd_storage_t *storage) {
  if (storage->kind != MMD_STORAGE_HEAP) return NULL;
  return (uint8_t *)storage + STORAGE_ALIGN;
}

size_t mmd_storage_size(const mmd_storage_t *storage) {
  return storage->size;
}

mmd_storage_kind_t mmd_storage_kind(const mmd_storage_t *storage) {
  return storage->kind;
}

void mmd_storage_drop_pages(const mmd_storage_t *storage, size_t offset, size_t size) {
  if (storage->kind != MMD_STORAGE_MAPPED || offset >= storage->size) return;
  if (size > storage->size - offset) size = storage->size - offset;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  // Only whole pages: neighbours in the first and last page may be in use.
  size_t begin = (offset + page - 1) / page * page;
  size_t end = offset + size == storage->size ? storage->size : (offset + size) / page * page;
  if (begin >= end) return;
  (void)madvise((void *)(uintptr_t)(storage->data + begin), end - begin, MADV_DONTNEED);
}
