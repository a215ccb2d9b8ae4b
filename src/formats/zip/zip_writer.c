// SPDX-License-Identifier: Apache-2.0
#include "formats/zip/zip_writer.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "formats/zip/zip_format.h"

enum {
  MAX_ALIGNMENT = 4096,
  DATE_1980 = 0x21,     // 1980-01-01, the earliest that the format knows
  PADDING_ID = 0x4246,  // the extra field that PyTorch pads with
  FLAG_UTF8 = 0x0800,
  PIECE = 4 << 20,  // of a large part that is in memory at a time
};

typedef struct record_t {
  const char *name;  // key of |names|
  uint64_t offset, size;
  uint32_t crc;
} record_t;

struct mmd_zip_writer {
  mmd_writer_t *writer;
  size_t alignment;
  bool force_zip64;
  mmd_map_t *names;
  record_t *records;
  size_t count, capacity;
};

// A header under construction, little-endian.
typedef struct bytes_t {
  uint8_t data[128];
  size_t size;
} bytes_t;

static void put(bytes_t *b, uint64_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) b->data[b->size++] = (uint8_t)(number >> (8 * i));
}

mmd_status_t mmd_zip_writer_create(mmd_writer_t *writer, const mmd_zip_writer_options_t *options,
                                   mmd_zip_writer_t **out_zip) {
  *out_zip = NULL;
  size_t alignment = options && options->alignment ? options->alignment : 1;
  if (alignment > MAX_ALIGNMENT || (alignment & (alignment - 1)) != 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "zip alignment %zu; a power of two up to 4096 is accepted", alignment);
  }
  mmd_zip_writer_t *zip = mmd_alloc(sizeof *zip);
  MMD_TRY_ALLOC(zip);
  zip->writer = writer;
  zip->alignment = alignment;
  zip->force_zip64 = options && options->force_zip64;
  mmd_status_t status = mmd_map_create(&zip->names);
  if (status) {
    mmd_zip_writer_destroy(zip);
    return status;
  }
  *out_zip = zip;
  return NULL;
}

void mmd_zip_writer_destroy(mmd_zip_writer_t *zip) {
  if (!zip) return;
  mmd_map_destroy(zip->names);
  mmd_free(zip->records);
  mmd_free(zip);
}

static size_t piece_at(const mmd_zip_part_t *part, size_t at) {
  return part->size - at < PIECE ? part->size - at : PIECE;
}

static void drop_pages(const mmd_zip_part_t *part, size_t at, size_t size) {
  if (!part->storage) return;
  const uint8_t *data = part->data, *begin = mmd_storage_data(part->storage);
  mmd_storage_drop_pages(part->storage, (size_t)(data - begin) + at, size);
}

static uint32_t crc_of_parts(const mmd_zip_part_t *parts, size_t count) {
  uLong crc = crc32(0, NULL, 0);
  for (size_t i = 0; i < count; ++i) {
    const uint8_t *data = parts[i].data;
    for (size_t at = 0, n; at < parts[i].size; at += n) {
      n = piece_at(&parts[i], at);
      crc = crc32(crc, data + at, (uInt)n);
      drop_pages(&parts[i], at, n);
    }
  }
  return (uint32_t)crc;
}

static mmd_status_t write_part(mmd_writer_t *writer, const mmd_zip_part_t *part) {
  const uint8_t *data = part->data;
  for (size_t at = 0, n; at < part->size; at += n) {
    n = piece_at(part, at);
    MMD_TRY(mmd_writer_write(writer, data + at, n));
    drop_pages(part, at, n);
  }
  return NULL;
}

static uint64_t clip32(uint64_t number, bool is_64) {
  return is_64 || number >= UINT32_MAX ? UINT32_MAX : number;
}

static bool needs_64(const mmd_zip_writer_t *zip, uint64_t number) {
  return zip->force_zip64 || number >= UINT32_MAX;
}

// The common part of local header and directory record, up to the name's length.
static void put_common(bytes_t *b, const record_t *r, bool is_64) {
  put(b, is_64 ? 45 : 20, 2);  // version needed to read
  put(b, FLAG_UTF8, 2);
  put(b, MMD_ZIP_STORED, 2);
  put(b, 0, 2);
  put(b, DATE_1980, 2);
  put(b, r->crc, 4);
  put(b, clip32(r->size, is_64), 4);
  put(b, clip32(r->size, is_64), 4);
  put(b, strlen(r->name), 2);
}

static mmd_status_t write_local(mmd_zip_writer_t *zip, const record_t *r) {
  static const uint8_t zeros[MAX_ALIGNMENT + 4];
  bool is_64 = needs_64(zip, r->size);
  size_t extra = is_64 ? 20 : 0;
  uint64_t data = r->offset + MMD_ZIP_LOCAL_SIZE + strlen(r->name) + extra;
  size_t padding = (size_t)(-data & (zip->alignment - 1));
  if (padding > 0 && padding < 4) padding += zip->alignment > 4 ? zip->alignment : 4;
  bytes_t b = {.size = 0};
  put(&b, MMD_ZIP_LOCAL_MAGIC, 4);
  put_common(&b, r, is_64);
  put(&b, extra + padding, 2);
  MMD_TRY(mmd_writer_write(zip->writer, b.data, b.size));
  MMD_TRY(mmd_writer_write(zip->writer, r->name, strlen(r->name)));
  b.size = 0;
  if (is_64) {
    put(&b, MMD_ZIP_EXTRA64, 2);
    put(&b, 16, 2);
    put(&b, r->size, 8);
    put(&b, r->size, 8);
  }
  if (padding > 0) {
    put(&b, PADDING_ID, 2);
    put(&b, padding - 4, 2);
  }
  MMD_TRY(mmd_writer_write(zip->writer, b.data, b.size));
  return padding > 4 ? mmd_writer_write(zip->writer, zeros, padding - 4) : NULL;
}

mmd_status_t mmd_zip_writer_add_parts(mmd_zip_writer_t *zip, const char *name,
                                      const mmd_zip_part_t *parts, size_t count) {
  if (!mmd_path_is_contained(name) || strlen(name) > UINT16_MAX) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%.200s' is no name for a zip entry", name);
  }
  if (mmd_map_has(zip->names, name)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "zip entry '%s' is written twice", name);
  }
  MMD_TRY(MMD_GROW(zip->records, zip->capacity, zip->count + 1));
  MMD_TRY(mmd_map_set(zip->names, name, zip, NULL));
  record_t r = {.offset = mmd_writer_position(zip->writer), .crc = crc_of_parts(parts, count)};
  r.name = mmd_map_at(zip->names, mmd_map_size(zip->names) - 1).key;
  for (size_t i = 0; i < count; ++i) r.size += parts[i].size;
  MMD_TRY(write_local(zip, &r));
  for (size_t i = 0; i < count; ++i) MMD_TRY(write_part(zip->writer, &parts[i]));
  zip->records[zip->count++] = r;
  return NULL;
}

mmd_status_t mmd_zip_writer_add(mmd_zip_writer_t *zip, const char *name, const void *data,
                                size_t size) {
  mmd_zip_part_t part = {.data = data, .size = size};
  return mmd_zip_writer_add_parts(zip, name, &part, 1);
}

static mmd_status_t write_record(mmd_zip_writer_t *zip, const record_t *r) {
  bool size_64 = needs_64(zip, r->size), offset_64 = needs_64(zip, r->offset);
  size_t fields = (size_64 ? 16u : 0u) + (offset_64 ? 8u : 0u);
  bytes_t b = {.size = 0};
  put(&b, MMD_ZIP_CENTRAL_MAGIC, 4);
  put(&b, 45, 2);  // made by: MS-DOS attributes, version 4.5
  put_common(&b, r, size_64 || offset_64);
  if (!size_64) {  // put_common() hides the sizes for either reason
    b.size -= 10;
    put(&b, r->size, 4);
    put(&b, r->size, 4);
    put(&b, strlen(r->name), 2);
  }
  put(&b, fields ? fields + 4 : 0, 2);
  put(&b, 0, 2);  // comment
  put(&b, 0, 2);  // disk
  put(&b, 0, 2);
  put(&b, 0, 4);
  put(&b, clip32(r->offset, offset_64), 4);
  MMD_TRY(mmd_writer_write(zip->writer, b.data, b.size));
  MMD_TRY(mmd_writer_write(zip->writer, r->name, strlen(r->name)));
  if (fields == 0) return NULL;
  b.size = 0;
  put(&b, MMD_ZIP_EXTRA64, 2);
  put(&b, fields, 2);
  if (size_64) {
    put(&b, r->size, 8);
    put(&b, r->size, 8);
  }
  if (offset_64) put(&b, r->offset, 8);
  return mmd_writer_write(zip->writer, b.data, b.size);
}

static void put_end64(bytes_t *b, uint64_t count, uint64_t offset, uint64_t size) {
  put(b, MMD_ZIP_END64_MAGIC, 4);
  put(b, MMD_ZIP_END64_SIZE - 12, 8);
  put(b, 45, 2);
  put(b, 45, 2);
  put(b, 0, 4);
  put(b, 0, 4);
  put(b, count, 8);
  put(b, count, 8);
  put(b, size, 8);
  put(b, offset, 8);
  put(b, MMD_ZIP_LOCATOR64_MAGIC, 4);
  put(b, 0, 4);
  put(b, offset + size, 8);
  put(b, 1, 4);
}

mmd_status_t mmd_zip_writer_finish(mmd_zip_writer_t *zip) {
  uint64_t offset = mmd_writer_position(zip->writer);
  for (size_t i = 0; i < zip->count; ++i) MMD_TRY(write_record(zip, &zip->records[i]));
  uint64_t size = mmd_writer_position(zip->writer) - offset;
  bool is_64 = zip->count >= UINT16_MAX || needs_64(zip, offset) || needs_64(zip, size);
  bytes_t b = {.size = 0};
  if (is_64) put_end64(&b, zip->count, offset, size);
  uint64_t count16 = is_64 ? UINT16_MAX : zip->count;
  put(&b, MMD_ZIP_END_MAGIC, 4);
  put(&b, 0, 4);  // disks
  put(&b, count16, 2);
  put(&b, count16, 2);
  put(&b, clip32(size, is_64), 4);
  put(&b, clip32(offset, is_64), 4);
  put(&b, 0, 2);  // comment
  return mmd_writer_write(zip->writer, b.data, b.size);
}
