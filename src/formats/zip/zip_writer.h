// SPDX-License-Identifier: Apache-2.0
//
// Writes zip archives of stored entries, streaming, with aligned data so that readers can map it.
// Equal input gives equal bytes: all entries carry the date 1980-01-01.
#ifndef MMD_FORMATS_ZIP_ZIP_WRITER_H_
#define MMD_FORMATS_ZIP_ZIP_WRITER_H_

#include <stdbool.h>
#include <stddef.h>

#include "base/file.h"
#include "base/status.h"
#include "base/storage.h"

typedef struct mmd_zip_writer mmd_zip_writer_t;

typedef struct mmd_zip_writer_options_t {
  size_t alignment;  // of each entry's data in the file, a power of two up to 4096; 0 = 1
  bool force_zip64;  // write zip64 records also where they are not needed
} mmd_zip_writer_options_t;

typedef struct mmd_zip_part_t {
  const void *data;
  size_t size;
  const mmd_storage_t *storage;  // that |data| lies in, or NULL; pages of a mapped file are let go
} mmd_zip_part_t;

// |writer| must be empty so far, and outlive the zip writer. |options| may be NULL.
mmd_status_t mmd_zip_writer_create(mmd_writer_t *writer, const mmd_zip_writer_options_t *options,
                                   mmd_zip_writer_t **out_zip) MMD_MUST_USE;

// One entry made of |count| parts in a row. Names are unique, relative, without "..".
mmd_status_t mmd_zip_writer_add_parts(mmd_zip_writer_t *zip, const char *name,
                                      const mmd_zip_part_t *parts, size_t count) MMD_MUST_USE;
mmd_status_t mmd_zip_writer_add(mmd_zip_writer_t *zip, const char *name, const void *data,
                                size_t size) MMD_MUST_USE;

// Writes the directory. Committing and destroying |writer| stays with the caller.
mmd_status_t mmd_zip_writer_finish(mmd_zip_writer_t *zip) MMD_MUST_USE;
void mmd_zip_writer_destroy(mmd_zip_writer_t *zip);  // NULL is fine

#endif  // MMD_FORMATS_ZIP_ZIP_WRITER_H_
