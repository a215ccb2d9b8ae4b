// SPDX-License-Identifier: Apache-2.0
//
// Numbers of the zip format (PKWARE APPNOTE 6.3), shared by reader and writer.
#ifndef MMD_FORMATS_ZIP_ZIP_FORMAT_H_
#define MMD_FORMATS_ZIP_ZIP_FORMAT_H_

#include <stdint.h>

enum {
  MMD_ZIP_LOCAL_SIZE = 30,    // fixed part of a local header
  MMD_ZIP_CENTRAL_SIZE = 46,  // fixed part of a directory record
  MMD_ZIP_END_SIZE = 22,      // end of central directory
  MMD_ZIP_END64_SIZE = 56,
  MMD_ZIP_LOCATOR64_SIZE = 20,
  MMD_ZIP_EXTRA64 = 0x0001,  // id of the zip64 extra field
  MMD_ZIP_STORED = 0,
  MMD_ZIP_DEFLATED = 8,
  MMD_ZIP_FLAG_ENCRYPTED = 0x0001,
  MMD_ZIP_FLAG_STRONG = 0x0040,
};

#define MMD_ZIP_LOCAL_MAGIC 0x04034b50u
#define MMD_ZIP_CENTRAL_MAGIC 0x02014b50u
#define MMD_ZIP_END_MAGIC 0x06054b50u
#define MMD_ZIP_END64_MAGIC 0x06064b50u
#define MMD_ZIP_LOCATOR64_MAGIC 0x07064b50u

static inline uint16_t mmd_zip_u16(const uint8_t *p) {
  return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t mmd_zip_u32(const uint8_t *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t mmd_zip_u64(const uint8_t *p) {
  return (uint64_t)mmd_zip_u32(p) | (uint64_t)mmd_zip_u32(p + 4) << 32;
}

#endif  // MMD_FORMATS_ZIP_ZIP_FORMAT_H_
