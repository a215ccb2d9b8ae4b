// SPDX-License-Identifier: Apache-2.0
//
// Zip archives over counted storage. Opening checks the whole directory (zip64 included): offsets,
// overlaps, names that leave the archive. Stored entries are views into the archive, deflated ones
// are inflated to the heap within limits. An open archive is read-only and may be shared by
// threads. Every message begins with the archive's name.
#ifndef MMD_FORMATS_ZIP_ZIP_H_
#define MMD_FORMATS_ZIP_ZIP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/storage.h"

typedef struct mmd_zip mmd_zip_t;

// 0 stands for the default. Sizes of stored entries are bounded by the archive itself.
typedef struct mmd_zip_options_t {
  size_t max_entries;           // default 1,000,000
  uint64_t max_entry_inflated;  // bytes of one deflated entry, default 2 GiB
  uint64_t max_total_inflated;  // declared bytes of all deflated entries, default 8 GiB
} mmd_zip_options_t;

typedef struct mmd_zip_entry_t {
  const char *name;  // as in the archive, "folder/file"; owned by the archive
  uint64_t size;     // uncompressed
  uint64_t compressed_size;
  uint64_t header_offset;  // of the local header
  uint64_t data_offset;    // of the compressed bytes in the archive
  uint32_t crc32;
  uint16_t method;  // 0 stored, 8 deflated
  uint16_t flags;
} mmd_zip_entry_t;

// |name| stands in messages for the archive. The storage is retained. |options| may be NULL.
mmd_status_t mmd_zip_open(mmd_storage_t *storage, const char *name,
                          const mmd_zip_options_t *options, mmd_zip_t **out_zip) MMD_MUST_USE;
mmd_status_t mmd_zip_open_file(const char *path, const mmd_zip_options_t *options,
                               mmd_zip_t **out_zip) MMD_MUST_USE;
void mmd_zip_destroy(mmd_zip_t *zip);  // NULL is fine; views that were handed out stay valid

// True when the bytes begin like a zip archive (an empty one included).
bool mmd_zip_probe(const void *data, size_t size);

const char *mmd_zip_name(const mmd_zip_t *zip);

// Entries in directory order, folders left out; |index| < size.
size_t mmd_zip_size(const mmd_zip_t *zip);
const mmd_zip_entry_t *mmd_zip_at(const mmd_zip_t *zip, size_t index);

// By full name, or by the part behind the last '/'. Of several the last wins; NULL when absent.
const mmd_zip_entry_t *mmd_zip_find(const mmd_zip_t *zip, const char *name);
const mmd_zip_entry_t *mmd_zip_find_base(const mmd_zip_t *zip, const char *base_name);

// The bytes of an entry: |entry->size| bytes at |*out_offset| of |*out_storage|, which the caller
// releases. A stored entry is a view into the archive, whose checksum is not read (see
// mmd_zip_verify); a deflated one is inflated and checked.
mmd_status_t mmd_zip_view(const mmd_zip_t *zip, const mmd_zip_entry_t *entry,
                          mmd_storage_t **out_storage, size_t *out_offset) MMD_MUST_USE;

// A copy with a NUL behind it, checked; freed with mmd_free. For small files such as JSON:
// an entry of more than |limit| bytes is refused.
mmd_status_t mmd_zip_read(const mmd_zip_t *zip, const mmd_zip_entry_t *entry, size_t limit,
                          char **out_data, size_t *out_size) MMD_MUST_USE;

// Reads the entry and compares its checksum.
mmd_status_t mmd_zip_verify(const mmd_zip_t *zip, const mmd_zip_entry_t *entry) MMD_MUST_USE;

#endif  // MMD_FORMATS_ZIP_ZIP_H_
