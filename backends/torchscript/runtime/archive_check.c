// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/runtime/archive_check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { END_SIZE = 22, ENTRY_SIZE = 46, LOCAL_SIZE = 30, MAX_COMMENT = 65535 };

static uint32_t load(const uint8_t *p, int bytes) {
  uint32_t number = 0;
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

// The record at the end of the file, or NULL.
static const uint8_t *find_end(const uint8_t *data, size_t size) {
  for (size_t back = END_SIZE; back <= size && back <= END_SIZE + MAX_COMMENT; ++back) {
    if (load(data + size - back, 4) == 0x06054b50) return data + size - back;
  }
  return NULL;
}

static bool contains(const uint8_t *name, size_t size, const char *part) {
  const size_t length = strlen(part);
  for (size_t i = 0; i + length <= size; ++i) {
    if (memcmp(name + i, part, length) == 0) return true;
  }
  return false;
}

// Whether the entry is one of those that are looked at; else it counts as good.
static bool is_checked(const uint8_t *entry) {
  const uint8_t *name = entry + ENTRY_SIZE;
  const size_t size = load(entry + 28, 2);
  return load(entry + 10, 2) == 0 && !contains(name, size, "/data/") &&
         !contains(name, size, "/constants/") && load(entry + 20, 4) != UINT32_MAX &&
         load(entry + 42, 4) != UINT32_MAX;
}

static bool is_good(const uint8_t *data, size_t size, const uint8_t *entry) {
  const size_t bytes = load(entry + 20, 4), at = load(entry + 42, 4);
  if (!is_checked(entry)) return true;
  if (size < LOCAL_SIZE || at > size - LOCAL_SIZE) return false;
  const size_t begin = at + LOCAL_SIZE + load(data + at + 26, 2) + load(data + at + 28, 2);
  return begin <= size && bytes <= size - begin && load(entry + 24, 4) == bytes &&
         checksum(data + begin, bytes) == load(entry + 16, 4);
}

mmd_status_t ts_archive_check(const void *data, size_t size) {
  const uint8_t *bytes = data, *end = find_end(bytes, size);
  if (!end) return MMD_ERROR(MMD_CORRUPT, "no zip archive, so no TorchScript");
  const size_t count = load(end + 10, 2);
  size_t at = load(end + 16, 4);
  if (count == UINT16_MAX || at == UINT32_MAX) return NULL;  // the long form, for huge files
  for (size_t i = 0; i < count; ++i) {
    if (size < ENTRY_SIZE || at > size - ENTRY_SIZE || load(bytes + at, 4) != 0x02014b50)
      return MMD_ERROR(MMD_CORRUPT, "the directory of the archive is damaged");
    const size_t name = load(bytes + at + 28, 2);
    const size_t more = name + load(bytes + at + 30, 2) + load(bytes + at + 32, 2);
    if (more > size - ENTRY_SIZE - at)
      return MMD_ERROR(MMD_CORRUPT, "the directory of the archive is cut");
    if (!is_good(bytes, size, bytes + at)) {
      return MMD_ERROR(MMD_CORRUPT, "the entry '%.*s' of the archive is damaged",
                       (int)(name < 200 ? name : 200), (const char *)bytes + at + ENTRY_SIZE);
    }
    at += ENTRY_SIZE + more;
  }
  return NULL;
}
