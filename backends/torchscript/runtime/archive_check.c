// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/runtime/archive_check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
  END_SIZE = 22,
  END64_SIZE = 56,
  LOCATOR64_SIZE = 20,
  ENTRY_SIZE = 46,
  LOCAL_SIZE = 30,
  EXTRA64 = 1,
  MAX_COMMENT = 65535
};

typedef struct span_t {
  const uint8_t *data;
  size_t size;
} span_t;

typedef struct entry_t {
  span_t name;
  uint64_t packed, size, at;  // |at|: of its header in the file
  uint32_t sum;
  bool is_stored;
} entry_t;

static uint64_t load(const uint8_t *p, int bytes) {
  uint64_t number = 0;
  for (int i = bytes; i--;) number = number << 8 | p[i];
  return number;
}

// CRC-32, half a byte at a time.
static uint32_t checksum(const uint8_t *p, size_t size) {
  uint32_t table[16], sum = UINT32_MAX;
  for (uint32_t i = 0; i < 16; ++i) {
    table[i] = i;
    for (int k = 0; k < 4; ++k) table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xEDB88320u : 0);
  }
  for (size_t i = 0; i < size; ++i) {
    sum = sum >> 4 ^ table[(sum ^ p[i]) & 15];
    sum = sum >> 4 ^ table[(sum ^ p[i] >> 4) & 15];
  }
  return ~sum;
}

//===--- the directory -----------------------------------------------------===//

// Place of the record at the end of the file; false when there is none.
static bool find_end(span_t file, size_t *out_at) {
  for (size_t back = END_SIZE; back <= file.size && back <= END_SIZE + MAX_COMMENT; ++back) {
    *out_at = file.size - back;
    if (load(file.data + *out_at, 4) == 0x06054b50) return true;
  }
  return false;
}

// Where the directory begins and how many entries it has. The long form, for files above 4 GiB or
// 65535 entries, has a record of its own before the end.
static bool read_end(span_t file, size_t end, uint64_t *out_at, uint64_t *out_count) {
  *out_count = load(file.data + end + 10, 2);
  *out_at = load(file.data + end + 16, 4);
  if (end < LOCATOR64_SIZE || load(file.data + end - LOCATOR64_SIZE, 4) != 0x07064b50)
    return *out_count != UINT16_MAX && *out_at != UINT32_MAX;
  const uint64_t at = load(file.data + end - LOCATOR64_SIZE + 8, 8);
  if (file.size < END64_SIZE || at > file.size - END64_SIZE) return false;
  const uint8_t *record = file.data + at;
  *out_count = load(record + 32, 8);
  *out_at = load(record + 48, 8);
  return load(record, 4) == 0x06064b50;
}

// Those of sizes and place that the entry's own fields cannot hold follow in this order.
static bool read_long_fields(span_t extra, entry_t *entry) {
  uint64_t *fields[] = {&entry->size, &entry->packed, &entry->at};
  while (extra.size >= 4) {
    const size_t size = load(extra.data + 2, 2);
    if (size > extra.size - 4) return false;
    if (load(extra.data, 2) == EXTRA64) {
      size_t at = 4;
      for (int i = 0; i < 3; ++i) {
        if (*fields[i] != UINT32_MAX) continue;
        if (at + 8 > size + 4) return false;
        *fields[i] = load(extra.data + at, 8);
        at += 8;
      }
      return true;
    }
    extra = (span_t){extra.data + 4 + size, extra.size - 4 - size};
  }
  return true;
}

// Reads the entry at |*at| and goes on to the next.
static bool read_entry(span_t file, uint64_t *at, entry_t *out_entry) {
  if (file.size < ENTRY_SIZE || *at > file.size - ENTRY_SIZE) return false;
  const uint8_t *p = file.data + *at;
  const size_t name = load(p + 28, 2), extra = load(p + 30, 2), comment = load(p + 32, 2);
  if (load(p, 4) != 0x02014b50 || name + extra + comment > file.size - ENTRY_SIZE - *at)
    return false;
  *out_entry = (entry_t){.name = {p + ENTRY_SIZE, name},
                         .packed = load(p + 20, 4),
                         .size = load(p + 24, 4),
                         .at = load(p + 42, 4),
                         .sum = (uint32_t)load(p + 16, 4),
                         .is_stored = load(p + 10, 2) == 0};
  *at += ENTRY_SIZE + name + extra + comment;
  return read_long_fields((span_t){p + ENTRY_SIZE + name, extra}, out_entry);
}

//===--- entries -----------------------------------------------------------===//

static bool contains(span_t name, const char *part) {
  const size_t length = strlen(part);
  for (size_t i = 0; i + length <= name.size; ++i) {
    if (memcmp(name.data + i, part, length) == 0) return true;
  }
  return false;
}

static bool is_tensor(const entry_t *entry) {
  return contains(entry->name, "/data/") || contains(entry->name, "/constants/");
}

static bool is_good(span_t file, const entry_t *entry) {
  if (file.size < LOCAL_SIZE || entry->at > file.size - LOCAL_SIZE) return false;
  const uint8_t *local = file.data + entry->at;
  const uint64_t begin = entry->at + LOCAL_SIZE + load(local + 26, 2) + load(local + 28, 2);
  if (begin > file.size || entry->packed > file.size - begin) return false;
  if (!entry->is_stored) return true;
  return entry->packed == entry->size &&
         (is_tensor(entry) || checksum(file.data + begin, (size_t)entry->size) == entry->sum);
}

mmd_status_t ts_archive_check(const void *data, size_t size) {
  const span_t file = {data, size};
  uint64_t count = 0, at = 0;
  size_t end = 0;
  if (!find_end(file, &end)) return MMD_ERROR(MMD_CORRUPT, "no zip archive, so no TorchScript");
  if (!read_end(file, end, &at, &count))
    return MMD_ERROR(MMD_CORRUPT, "the end of the archive is damaged");
  for (uint64_t i = 0; i < count; ++i) {
    entry_t entry;
    if (!read_entry(file, &at, &entry)) {
      return MMD_ERROR(MMD_CORRUPT, "the directory of the archive is damaged at entry %llu",
                       (unsigned long long)i);
    }
    if (!is_good(file, &entry)) {
      return MMD_ERROR(MMD_CORRUPT, "the entry '%.*s' of the archive is damaged",
                       (int)(entry.name.size < 200 ? entry.name.size : 200),
                       (const char *)entry.name.data);
    }
  }
  return NULL;
}
