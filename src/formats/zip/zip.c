// SPDX-License-Identifier: Apache-2.0
#include "formats/zip/zip.h"

#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST  // next_in points to const
#include <zlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/map.h"
#include "formats/zip/zip_format.h"

struct mmd_zip {
  mmd_storage_t *storage;
  const uint8_t *data;
  uint64_t size;
  mmd_zip_options_t options;
  mmd_arena_t arena;  // names and entries
  char *name;
  mmd_zip_entry_t *entries;
  size_t count;
  mmd_map_t *by_name;
  mmd_map_t *by_base;
};

// Where the directory lies.
typedef struct directory_t {
  uint64_t offset, size, count;
} directory_t;

static mmd_status_t corrupt(const mmd_zip_t *zip, const char *what) {
  return MMD_ERROR(MMD_CORRUPT, "%s: bad zip archive: %s", zip->name, what);
}

static mmd_status_t entry_error(const mmd_zip_t *zip, const char *entry, mmd_code_t code,
                                const char *what) {
  return MMD_ERROR(code, "%s: zip entry '%s': %s", zip->name, entry, what);
}

static void set_default_options(const mmd_zip_options_t *given, mmd_zip_options_t *out_options) {
  mmd_zip_options_t o = given ? *given : (mmd_zip_options_t){0};
  if (o.max_entries == 0) o.max_entries = 1000000;
  if (o.max_entry_inflated == 0) o.max_entry_inflated = (uint64_t)2 << 30;
  if (o.max_total_inflated == 0) o.max_total_inflated = (uint64_t)8 << 30;
  *out_options = o;
}

// Finds the end record: the last one whose comment reaches exactly to the end of the file.
static mmd_status_t find_end(const mmd_zip_t *zip, uint64_t *out_position) {
  if (zip->size < MMD_ZIP_END_SIZE) return corrupt(zip, "the file is too short, or truncated");
  uint64_t last = zip->size - MMD_ZIP_END_SIZE;
  uint64_t first = last > 0xffff ? last - 0xffff : 0;
  for (uint64_t i = last + 1; i > first; --i) {
    const uint8_t *p = zip->data + (i - 1);
    if (p[0] != 'P' || mmd_zip_u32(p) != MMD_ZIP_END_MAGIC) continue;
    if (i - 1 + MMD_ZIP_END_SIZE + mmd_zip_u16(p + 20) != zip->size) continue;
    *out_position = i - 1;
    return NULL;
  }
  return corrupt(zip, "no directory at its end; the file is truncated");
}

static mmd_status_t read_end64(const mmd_zip_t *zip, uint64_t locator, directory_t *out_directory,
                               uint64_t *out_end) {
  const uint8_t *l = zip->data + locator;
  uint64_t at = mmd_zip_u64(l + 8);
  if (mmd_zip_u32(l + 4) != 0 || mmd_zip_u32(l + 16) > 1) {
    return corrupt(zip, "it is split over several disks");
  }
  if (locator < MMD_ZIP_END64_SIZE || at > locator - MMD_ZIP_END64_SIZE) {
    return corrupt(zip, "the zip64 end record lies outside the file");
  }
  const uint8_t *e = zip->data + at;
  if (mmd_zip_u32(e) != MMD_ZIP_END64_MAGIC) return corrupt(zip, "no zip64 end record");
  out_directory->count = mmd_zip_u64(e + 32);
  out_directory->size = mmd_zip_u64(e + 40);
  out_directory->offset = mmd_zip_u64(e + 48);
  *out_end = at;
  return NULL;
}

static mmd_status_t read_end(const mmd_zip_t *zip, directory_t *out_directory) {
  uint64_t end = 0;
  MMD_TRY(find_end(zip, &end));
  const uint8_t *p = zip->data + end;
  directory_t d = {mmd_zip_u32(p + 16), mmd_zip_u32(p + 12), mmd_zip_u16(p + 10)};
  bool is_64 = d.offset == UINT32_MAX || d.size == UINT32_MAX || d.count == UINT16_MAX;
  if (is_64 && end >= MMD_ZIP_LOCATOR64_SIZE &&
      mmd_zip_u32(p - MMD_ZIP_LOCATOR64_SIZE) == MMD_ZIP_LOCATOR64_MAGIC) {
    MMD_TRY(read_end64(zip, end - MMD_ZIP_LOCATOR64_SIZE, &d, &end));
  } else if (mmd_zip_u16(p + 4) != 0 || mmd_zip_u16(p + 8) != d.count) {
    return corrupt(zip, "it is split over several disks");
  }
  if (d.offset > end || d.size > end - d.offset) {
    return corrupt(zip, "the directory lies outside the file");
  }
  if (d.count > d.size / MMD_ZIP_CENTRAL_SIZE) {
    return corrupt(zip, "the directory is shorter than its number of entries");
  }
  if (d.count > zip->options.max_entries) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: zip archive has %llu entries; at most %zu are read",
                     zip->name, (unsigned long long)d.count, zip->options.max_entries);
  }
  *out_directory = d;
  return NULL;
}

// Takes the 64-bit numbers that stand in the extra field for those that are all ones.
static bool read_extra64(const uint8_t *extra, size_t size, mmd_zip_entry_t *entry) {
  uint64_t *wanted[3];
  size_t count = 0;
  if (entry->size == UINT32_MAX) wanted[count++] = &entry->size;
  if (entry->compressed_size == UINT32_MAX) wanted[count++] = &entry->compressed_size;
  if (entry->header_offset == UINT32_MAX) wanted[count++] = &entry->header_offset;
  if (count == 0) return true;
  while (size >= 4) {
    size_t id = mmd_zip_u16(extra), length = mmd_zip_u16(extra + 2);
    if (length > size - 4) return false;
    if (id == MMD_ZIP_EXTRA64) {
      if (length < 8 * count) return false;
      for (size_t i = 0; i < count; ++i) *wanted[i] = mmd_zip_u64(extra + 4 + 8 * i);
      return true;
    }
    extra += 4 + length;
    size -= 4 + length;
  }
  return true;  // exactly 4 GiB - 1, without zip64
}

static mmd_status_t check_name(const mmd_zip_t *zip, const char *name, size_t size) {
  if (size == 0) return corrupt(zip, "an entry has an empty name");
  if (strlen(name) != size) return entry_error(zip, name, MMD_CORRUPT, "NUL byte in the name");
  if (!mmd_path_is_contained(name)) {
    return entry_error(zip, name, MMD_INVALID_ARGUMENT,
                       "the name leaves the archive; relative names without '..' are accepted");
  }
  return NULL;
}

// Reads one directory record at |*position| and steps over it.
static mmd_status_t read_record(mmd_zip_t *zip, uint64_t end, uint64_t *position,
                                mmd_zip_entry_t *entry) {
  const uint8_t *p = zip->data + *position;
  uint64_t left = end - *position;
  if (left < MMD_ZIP_CENTRAL_SIZE || mmd_zip_u32(p) != MMD_ZIP_CENTRAL_MAGIC) {
    return corrupt(zip, "the directory is damaged");
  }
  size_t name_size = mmd_zip_u16(p + 28), extra_size = mmd_zip_u16(p + 30);
  size_t total = MMD_ZIP_CENTRAL_SIZE + name_size + extra_size + mmd_zip_u16(p + 32);
  if (total > left) return corrupt(zip, "the directory is damaged");
  char *name = mmd_arena_strndup(&zip->arena, (const char *)p + MMD_ZIP_CENTRAL_SIZE, name_size);
  MMD_TRY_ALLOC(name);
  *entry = (mmd_zip_entry_t){
      .name = name,
      .flags = mmd_zip_u16(p + 8),
      .method = mmd_zip_u16(p + 10),
      .crc32 = mmd_zip_u32(p + 16),
      .compressed_size = mmd_zip_u32(p + 20),
      .size = mmd_zip_u32(p + 24),
      .header_offset = mmd_zip_u32(p + 42),
  };
  MMD_TRY(check_name(zip, name, name_size));
  if (!read_extra64(p + MMD_ZIP_CENTRAL_SIZE + name_size, extra_size, entry)) {
    return entry_error(zip, name, MMD_CORRUPT, "damaged zip64 field");
  }
  *position += total;
  return NULL;
}

// Checks the local header and sets |data_offset|.
static mmd_status_t read_local(const mmd_zip_t *zip, uint64_t limit, mmd_zip_entry_t *entry) {
  if (entry->header_offset > limit || limit - entry->header_offset < MMD_ZIP_LOCAL_SIZE) {
    return entry_error(zip, entry->name, MMD_CORRUPT, "its offset lies outside the file");
  }
  const uint8_t *p = zip->data + entry->header_offset;
  uint64_t left = limit - entry->header_offset - MMD_ZIP_LOCAL_SIZE;
  size_t name_size = mmd_zip_u16(p + 26), extra_size = mmd_zip_u16(p + 28);
  if (mmd_zip_u32(p) != MMD_ZIP_LOCAL_MAGIC || name_size + extra_size > left) {
    return entry_error(zip, entry->name, MMD_CORRUPT, "no entry header at its offset");
  }
  if (name_size != strlen(entry->name) ||
      memcmp(p + MMD_ZIP_LOCAL_SIZE, entry->name, name_size) != 0 ||
      mmd_zip_u16(p + 8) != entry->method) {
    return entry_error(zip, entry->name, MMD_CORRUPT, "its header contradicts the directory");
  }
  left -= name_size + extra_size;
  if (entry->compressed_size > left) {
    return entry_error(zip, entry->name, MMD_CORRUPT, "its bytes reach past the end of the file");
  }
  if (entry->method == MMD_ZIP_STORED && entry->size != entry->compressed_size) {
    return entry_error(zip, entry->name, MMD_CORRUPT, "stored, but with two different sizes");
  }
  entry->data_offset = entry->header_offset + MMD_ZIP_LOCAL_SIZE + name_size + extra_size;
  return NULL;
}

static int compare_offsets(const void *a, const void *b) {
  const mmd_zip_entry_t *x = *(const mmd_zip_entry_t *const *)a;
  const mmd_zip_entry_t *y = *(const mmd_zip_entry_t *const *)b;
  return x->header_offset < y->header_offset ? -1 : x->header_offset > y->header_offset;
}

// Overlapping entries are how small archives inflate to huge ones; no honest writer makes them.
static mmd_status_t check_overlaps(const mmd_zip_t *zip) {
  if (zip->count < 2) return NULL;
  const mmd_zip_entry_t **sorted = mmd_alloc_array(zip->count, sizeof *sorted);
  MMD_TRY_ALLOC(sorted);
  for (size_t i = 0; i < zip->count; ++i) sorted[i] = &zip->entries[i];
  qsort(sorted, zip->count, sizeof *sorted, compare_offsets);
  mmd_status_t status = NULL;
  for (size_t i = 1; !status && i < zip->count; ++i) {
    const mmd_zip_entry_t *a = sorted[i - 1];
    if (a->data_offset + a->compressed_size > sorted[i]->header_offset) {
      status = MMD_ERROR(MMD_CORRUPT, "%s: zip entries '%s' and '%s' overlap", zip->name, a->name,
                         sorted[i]->name);
    }
  }
  mmd_free(sorted);
  return status;
}

static mmd_status_t check_inflated(const mmd_zip_t *zip) {
  uint64_t total = 0;
  for (size_t i = 0; i < zip->count; ++i) {
    const mmd_zip_entry_t *e = &zip->entries[i];
    if (e->method == MMD_ZIP_STORED) continue;
    // No deflate stream grows by more than 1032 times, so a larger claim is a lie.
    if (e->method == MMD_ZIP_DEFLATED && e->size / 1032 > e->compressed_size + 1) {
      return entry_error(zip, e->name, MMD_CORRUPT, "its size is impossible");
    }
    if (e->size > zip->options.max_total_inflated - total) {
      return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: zip archive inflates to more than %llu bytes",
                       zip->name, (unsigned long long)zip->options.max_total_inflated);
    }
    total += e->size;
  }
  return NULL;
}

static const char *base_of(const char *name) {
  const char *slash = strrchr(name, '/');
  return slash ? slash + 1 : name;
}

static bool is_folder(const mmd_zip_entry_t *entry) {
  return entry->name[strlen(entry->name) - 1] == '/';
}

static mmd_status_t index_entries(mmd_zip_t *zip) {
  MMD_TRY(mmd_map_create(&zip->by_name));
  MMD_TRY(mmd_map_create(&zip->by_base));
  for (size_t i = 0; i < zip->count; ++i) {
    mmd_zip_entry_t *e = &zip->entries[i];
    MMD_TRY(mmd_map_set(zip->by_name, e->name, e, NULL));
    MMD_TRY(mmd_map_set(zip->by_base, base_of(e->name), e, NULL));
  }
  return NULL;
}

static mmd_status_t read_directory(mmd_zip_t *zip) {
  directory_t d = {0};
  MMD_TRY(read_end(zip, &d));
  zip->entries = mmd_arena_alloc_array(&zip->arena, (size_t)d.count, sizeof *zip->entries);
  MMD_TRY_ALLOC(zip->entries);
  uint64_t position = d.offset;
  for (uint64_t i = 0; i < d.count; ++i) {
    mmd_zip_entry_t *e = &zip->entries[zip->count];
    MMD_TRY(read_record(zip, d.offset + d.size, &position, e));
    MMD_TRY(read_local(zip, d.offset, e));
    if (!is_folder(e)) ++zip->count;
  }
  if (position != d.offset + d.size) return corrupt(zip, "the directory is damaged");
  MMD_TRY(check_overlaps(zip));
  MMD_TRY(check_inflated(zip));
  return index_entries(zip);
}

mmd_status_t mmd_zip_open(mmd_storage_t *storage, const char *name,
                          const mmd_zip_options_t *options, mmd_zip_t **out_zip) {
  *out_zip = NULL;
  mmd_zip_t *zip = mmd_alloc(sizeof *zip);
  MMD_TRY_ALLOC(zip);
  mmd_arena_init(&zip->arena);
  set_default_options(options, &zip->options);
  zip->storage = mmd_storage_retain(storage);
  zip->data = mmd_storage_data(storage);
  zip->size = mmd_storage_size(storage);
  zip->name = mmd_arena_strdup(&zip->arena, name);
  mmd_status_t status = zip->name ? read_directory(zip) : mmd_status_no_memory();
  if (status) {
    mmd_zip_destroy(zip);
    return status;
  }
  *out_zip = zip;
  return NULL;
}

mmd_status_t mmd_zip_open_file(const char *path, const mmd_zip_options_t *options,
                               mmd_zip_t **out_zip) {
  *out_zip = NULL;
  mmd_storage_t *storage = NULL;
  MMD_TRY(mmd_storage_map_file(path, &storage));
  mmd_status_t status = mmd_zip_open(storage, path, options, out_zip);
  mmd_storage_release(storage);
  return status;
}

void mmd_zip_destroy(mmd_zip_t *zip) {
  if (!zip) return;
  mmd_map_destroy(zip->by_name);
  mmd_map_destroy(zip->by_base);
  mmd_storage_release(zip->storage);
  mmd_arena_deinit(&zip->arena);
  mmd_free(zip);
}

bool mmd_zip_probe(const void *data, size_t size) {
  const uint8_t *p = data;
  if (size < 4) return false;
  uint32_t magic = mmd_zip_u32(p);
  return magic == MMD_ZIP_LOCAL_MAGIC || magic == MMD_ZIP_END_MAGIC;
}

const char *mmd_zip_name(const mmd_zip_t *zip) {
  return zip->name;
}

size_t mmd_zip_size(const mmd_zip_t *zip) {
  return zip->count;
}

const mmd_zip_entry_t *mmd_zip_at(const mmd_zip_t *zip, size_t index) {
  return &zip->entries[index];
}

const mmd_zip_entry_t *mmd_zip_find(const mmd_zip_t *zip, const char *name) {
  return mmd_map_get(zip->by_name, name);
}

const mmd_zip_entry_t *mmd_zip_find_base(const mmd_zip_t *zip, const char *base_name) {
  return mmd_map_get(zip->by_base, base_name);
}

// zlib's allocations go through ours.
static void *zlib_alloc(void *self, uInt count, uInt size) {
  (void)self;
  return mmd_alloc_array(count, size);
}

static void zlib_free(void *self, void *pointer) {
  (void)self;
  mmd_free(pointer);
}

static uInt chunk_of(uint64_t left) {
  return left > (1u << 30) ? 1u << 30 : (uInt)left;
}

// Inflates exactly |entry->size| bytes into |target|.
static mmd_status_t inflate_entry(const mmd_zip_t *zip, const mmd_zip_entry_t *entry,
                                  uint8_t *target) {
  z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free};
  if (inflateInit2(&z, -MAX_WBITS) != Z_OK) return mmd_status_no_memory();
  uint64_t in_left = entry->compressed_size, out_left = entry->size;
  z.next_in = zip->data + entry->data_offset;
  uint8_t spare = 0;  // a place to write when the entry is longer than it says
  z.next_out = entry->size ? target : &spare;
  int code = Z_OK;
  while (code == Z_OK) {
    uInt in = chunk_of(in_left), out = chunk_of(out_left);
    z.avail_in = in;
    z.avail_out = out;
    code = inflate(&z, Z_NO_FLUSH);
    in_left -= in - z.avail_in;
    out_left -= out - z.avail_out;
  }
  inflateEnd(&z);
  if (code == Z_MEM_ERROR) return mmd_status_no_memory();
  if (code != Z_STREAM_END || out_left != 0) {
    return entry_error(zip, entry->name, MMD_CORRUPT, "its deflated bytes are damaged");
  }
  return NULL;
}

static uint32_t crc_of(const uint8_t *data, uint64_t size) {
  uLong crc = crc32(0, NULL, 0);
  while (size > 0) {
    uInt n = chunk_of(size);
    crc = crc32(crc, data, n);
    data += n;
    size -= n;
  }
  return (uint32_t)crc;
}

static mmd_status_t check_readable(const mmd_zip_t *zip, const mmd_zip_entry_t *entry) {
  if (entry->flags & (MMD_ZIP_FLAG_ENCRYPTED | MMD_ZIP_FLAG_STRONG)) {
    return entry_error(zip, entry->name, MMD_NOT_SUPPORTED, "it is encrypted");
  }
  if (entry->method != MMD_ZIP_STORED && entry->method != MMD_ZIP_DEFLATED) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "%s: zip entry '%s': compression method %u; stored and deflated are read",
                     zip->name, entry->name, entry->method);
  }
  if (entry->method == MMD_ZIP_DEFLATED && entry->size > zip->options.max_entry_inflated) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: zip entry '%s': inflates to %llu bytes, limit %llu",
                     zip->name, entry->name, (unsigned long long)entry->size,
                     (unsigned long long)zip->options.max_entry_inflated);
  }
  return NULL;
}

static mmd_status_t check_crc(const mmd_zip_t *zip, const mmd_zip_entry_t *entry,
                              const uint8_t *data) {
  if (crc_of(data, entry->size) == entry->crc32) return NULL;
  return entry_error(zip, entry->name, MMD_CORRUPT, "wrong checksum");
}

mmd_status_t mmd_zip_view(const mmd_zip_t *zip, const mmd_zip_entry_t *entry,
                          mmd_storage_t **out_storage, size_t *out_offset) {
  *out_storage = NULL;
  *out_offset = 0;
  MMD_TRY(check_readable(zip, entry));
  if (entry->method == MMD_ZIP_STORED) {
    *out_storage = mmd_storage_retain(zip->storage);
    *out_offset = (size_t)entry->data_offset;
    return NULL;
  }
  mmd_storage_t *storage = NULL;
  MMD_TRY(mmd_storage_create((size_t)entry->size, false, &storage));
  uint8_t *target = mmd_storage_mutable_data(storage);
  mmd_status_t status = inflate_entry(zip, entry, target);
  if (!status) status = check_crc(zip, entry, target);
  if (status) {
    mmd_storage_release(storage);
    return status;
  }
  *out_storage = storage;
  return NULL;
}

mmd_status_t mmd_zip_read(const mmd_zip_t *zip, const mmd_zip_entry_t *entry, size_t limit,
                          char **out_data, size_t *out_size) {
  *out_data = NULL;
  *out_size = 0;
  MMD_TRY(check_readable(zip, entry));
  if (entry->size > limit) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: zip entry '%s': %llu bytes, limit %zu", zip->name,
                     entry->name, (unsigned long long)entry->size, limit);
  }
  size_t size = (size_t)entry->size;
  char *data = mmd_alloc_uninit(size + 1);
  MMD_TRY_ALLOC(data);
  mmd_status_t status = NULL;
  if (entry->method == MMD_ZIP_DEFLATED) {
    status = inflate_entry(zip, entry, (uint8_t *)data);
  } else if (size > 0) {
    memcpy(data, zip->data + entry->data_offset, size);
  }
  if (!status) status = check_crc(zip, entry, (const uint8_t *)data);
  if (status) {
    mmd_free(data);
    return status;
  }
  data[size] = '\0';
  *out_data = data;
  *out_size = size;
  return NULL;
}

mmd_status_t mmd_zip_verify(const mmd_zip_t *zip, const mmd_zip_entry_t *entry) {
  mmd_storage_t *storage = NULL;
  size_t offset = 0;
  MMD_TRY(mmd_zip_view(zip, entry, &storage, &offset));
  mmd_status_t status = NULL;
  if (entry->method == MMD_ZIP_STORED) {
    status = check_crc(zip, entry, mmd_storage_data(storage) + offset);
  }
  mmd_storage_release(storage);
  return status;
}
