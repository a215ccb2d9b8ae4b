// SPDX-License-Identifier: Apache-2.0
#include "media/exif.h"

#include <stdbool.h>

#define TAG_ORIENTATION 0x0112
#define ENTRY_SIZE 12

static unsigned get16(const uint8_t *p, bool big) {
  return big ? (unsigned)(p[0] << 8 | p[1]) : (unsigned)(p[1] << 8 | p[0]);
}

static uint32_t get32(const uint8_t *p, bool big) {
  const uint32_t first = get16(p, big), second = get16(p + 2, big);
  return big ? first << 16 | second : second << 16 | first;
}

int mmd_exif_orientation(const uint8_t *data, size_t size) {
  if (size < 8 || data[0] != data[1] || (data[0] != 'I' && data[0] != 'M')) return 1;
  const bool big = data[0] == 'M';
  if (get16(data + 2, big) != 42) return 1;
  const size_t directory = get32(data + 4, big);
  if (directory > size - 2) return 1;
  const size_t count = get16(data + directory, big);
  size_t at = directory + 2;
  for (size_t i = 0; i < count && size - at >= ENTRY_SIZE; ++i, at += ENTRY_SIZE) {
    if (get16(data + at, big) != TAG_ORIENTATION) continue;
    const unsigned value = get16(data + at + 8, big);
    return value >= 1 && value <= 8 ? (int)value : 1;
  }
  return 1;
}
