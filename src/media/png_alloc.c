// SPDX-License-Identifier: Apache-2.0
#include "media/png_alloc.h"

#include <stdbool.h>

#include "base/alloc.h"

// libspng reports zlib's lack of memory as damage, so the allocator remembers.
static _Thread_local bool g_failed;

static void *noted(void *pointer) {
  if (!pointer) g_failed = true;
  return pointer;
}

static void *allocate(size_t size) {
  return noted(mmd_alloc_uninit(size));
}

static void *reallocate(void *pointer, size_t size) {
  return noted(mmd_realloc(pointer, size));
}

static void *allocate_zeroed(size_t count, size_t size) {
  return noted(mmd_alloc_array(count, size));
}

spng_ctx *mmd_png_context_create(int flags) {
  struct spng_alloc allocator = {.malloc_fn = allocate,
                                 .realloc_fn = reallocate,
                                 .calloc_fn = allocate_zeroed,
                                 .free_fn = mmd_free};
  g_failed = false;
  return spng_ctx_new2(&allocator, flags);
}

mmd_status_t mmd_png_status(int error) {
  if (error && g_failed) return mmd_status_no_memory();
  switch (error) {
    case SPNG_OK:
      return NULL;
    case SPNG_EMEM:
      return mmd_status_no_memory();
    case SPNG_IO_EOF:
    case SPNG_EIDAT_TOO_SHORT:
      return MMD_ERROR(MMD_CORRUPT, "the PNG file is truncated");
    case SPNG_EUSER_WIDTH:
    case SPNG_EUSER_HEIGHT:
      return MMD_ERROR(MMD_OUT_OF_RANGE, "PNG file: %s", spng_strerror(error));
    default:
      return MMD_ERROR(MMD_CORRUPT, "damaged PNG file: %s", spng_strerror(error));
  }
}
