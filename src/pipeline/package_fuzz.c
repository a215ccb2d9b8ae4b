// SPDX-License-Identifier: Apache-2.0
//
// A hostile package: deploy.json, pipeline.json, detail.json and a net, parted by lines "%%", are
// put into an archive, which is opened, built and run on a small picture.
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/log.h"
#include "base/str.h"
#include "formats/zip/zip_format.h"
#include "pipeline/pipeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const g_names[] = {"deploy.json", "pipeline.json", "detail.json", "net"};
enum { PARTS = sizeof g_names / sizeof *g_names };

typedef struct part_t {
  const char *data;
  size_t size;
} part_t;

static void require(bool condition) {
  if (!condition) abort();
}

static void put(mmd_str_t *out, uint32_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    require(!mmd_status_ignore(mmd_str_append_n(out, (char[]){(char)(number >> 8 * i)}, 1)));
  }
}

static void put_text(mmd_str_t *out, const char *text, size_t size) {
  require(!mmd_status_ignore(mmd_str_append_n(out, text, size)));
}

// What a local header and a directory record have in common.
static void put_entry(mmd_str_t *out, const char *name, const part_t *part) {
  const uLong crc = crc32(crc32(0, NULL, 0), (const uint8_t *)part->data, (uInt)part->size);
  put(out, 20, 2);  // version
  put(out, 0, 2);   // flags
  put(out, MMD_ZIP_STORED, 2);
  put(out, 0x00210000, 4);  // 1980-01-01
  put(out, (uint32_t)crc, 4);
  put(out, (uint32_t)part->size, 4);
  put(out, (uint32_t)part->size, 4);
  put(out, (uint32_t)strlen(name), 2);
  put(out, 0, 2);  // extra fields
}

static void make_archive(const part_t *parts, size_t count, mmd_str_t *out) {
  uint32_t offsets[PARTS];
  for (size_t i = 0; i < count; ++i) {
    offsets[i] = (uint32_t)out->size;
    put(out, MMD_ZIP_LOCAL_MAGIC, 4);
    put_entry(out, g_names[i], &parts[i]);
    put_text(out, g_names[i], strlen(g_names[i]));
    put_text(out, parts[i].data, parts[i].size);
  }
  const uint32_t directory = (uint32_t)out->size;
  for (size_t i = 0; i < count; ++i) {
    put(out, MMD_ZIP_CENTRAL_MAGIC, 4);
    put(out, 20, 2);
    put_entry(out, g_names[i], &parts[i]);
    put(out, 0, 4);  // comment, disk
    put(out, 0, 2);  // attributes
    put(out, 0, 4);
    put(out, offsets[i], 4);
    put_text(out, g_names[i], strlen(g_names[i]));
  }
  const uint32_t end = (uint32_t)out->size;
  put(out, MMD_ZIP_END_MAGIC, 4);
  put(out, 0, 4);  // disks
  put(out, (uint32_t)count, 2);
  put(out, (uint32_t)count, 2);
  put(out, end - directory, 4);
  put(out, directory, 4);
  put(out, 0, 2);
}

static size_t split(const char *text, size_t size, part_t parts[PARTS]) {
  size_t count = 0, begin = 0;
  for (size_t i = 0; i + 3 <= size && count + 1 < PARTS; ++i) {
    if (memcmp(text + i, "%%\n", 3) != 0) continue;
    parts[count++] = (part_t){text + begin, i - begin};
    begin = i += 3;
    --i;
  }
  parts[count++] = (part_t){text + begin, size - begin};
  return count;
}

// Numbers of more than three digits only cost time: their limits are tested elsewhere.
static bool has_large_number(const char *text, size_t size) {
  size_t digits = 0;
  for (size_t i = 0; i < size; ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if ((text[i] == 'e' || text[i] == 'E') && digits) return true;
    digits = is_digit ? digits + 1 : 0;
    if (digits > 3) return true;
  }
  return false;
}

static mmd_status_t make_input(mmd_value_t *input) {
  static const uint8_t pixels[7 * 5 * 3] = {1, 2, 3, 200, 100, 50};
  mmd_image_t image;
  mmd_value_t *batch = mmd_value_array(), *sample = mmd_value_object();
  MMD_TRY(mmd_image_borrow(pixels, 7, 5, 0, MMD_PIXEL_BGR, MMD_U8, &image));
  MMD_TRY(mmd_object_take(sample, "ori_img", mmd_value_image(&image)));
  MMD_TRY(mmd_array_take(batch, sample));
  return mmd_array_take(input, batch);
}

static void run(mmd_package_t *package) {
  const mmd_pipeline_options_t options = {.threads = 1};
  const mmd_value_t *classes = NULL;
  mmd_pipeline_t *pipeline = NULL;
  mmd_value_t *output = NULL;
  (void)mmd_status_ignore(mmd_package_classes(package, &classes));
  if (mmd_status_ignore(mmd_pipeline_create(package, &options, &pipeline))) {
    require(!pipeline);
    return;
  }
  mmd_value_t *input = mmd_value_array();
  require(!mmd_status_ignore(make_input(input)));
  if (!mmd_status_ignore(mmd_pipeline_run(pipeline, input, &output))) require(output);
  mmd_value_release(output);
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  part_t parts[PARTS];
  mmd_str_t archive = {0};
  mmd_storage_t *storage = NULL;
  mmd_package_t *package = NULL;
  if (size > 1 << 16) return 0;
  mmd_log_set_level(MMD_LOG_OFF);
  const size_t count = split((const char *)data, size, parts);
  if (count > 1 && has_large_number(parts[1].data, parts[1].size)) return 0;
  make_archive(parts, count, &archive);
  require(!mmd_status_ignore(mmd_storage_create(archive.size, false, &storage)));
  memcpy(mmd_storage_mutable_data(storage), mmd_str_text(&archive), archive.size);
  if (!mmd_status_ignore(mmd_package_open_memory(storage, &package))) run(package);
  mmd_package_release(package);
  mmd_storage_release(storage);
  mmd_str_deinit(&archive);
  return 0;
}
