// SPDX-License-Identifier: Apache-2.0
//
// PyTorch's container before 1.6, still written on request: the pickles of a magic number, a
// protocol number, facts about the machine, the object and the list of storage keys; then for each
// key the number of elements (8 bytes) and the elements.
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/str.h"
#include "formats/checkpoint/containers.h"

enum { PROTOCOL = 1001 };

// LONG1, 10 bytes: 0x1950a86a20f9469cfc6c
static const uint8_t magic[] = {0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46,
                                0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

typedef struct reader_t {
  const mmd_container_input_t *input;
  const uint8_t *data;
  size_t size, at;
} reader_t;

bool mmd_container_probe_pickle(const void *data, size_t size) {
  const uint8_t *p = data;
  return size >= 3 && p[0] == 0x80 && p[1] >= 2 && p[1] <= 5;
}

bool mmd_container_probe_legacy(const void *data, size_t size) {
  if (!mmd_container_probe_pickle(data, size)) return false;
  // Behind the protocol, and the frame that protocol 4 puts there.
  for (size_t at = 2; at <= 11; at += 9) {
    if (size >= at + sizeof magic && memcmp((const uint8_t *)data + at, magic, sizeof magic) == 0) {
      return true;
    }
  }
  return false;
}

static mmd_status_t next_pickle(reader_t *r, const char *what, mmd_pickle_t **out_pickle) {
  mmd_str_t name = {0};
  mmd_status_t status = mmd_str_printf(&name, "%s: %s", r->input->name, what);
  if (!status) {
    status = mmd_pickle_parse(r->data + r->at, r->size - r->at, mmd_str_text(&name),
                              &r->input->options->pickle, out_pickle);
  }
  if (!status) r->at += mmd_pickle_consumed(*out_pickle);
  mmd_str_deinit(&name);
  return status;
}

static mmd_status_t next_value(reader_t *r, const char *what, mmd_value_t **out_value) {
  mmd_pickle_t *pickle = NULL;
  MMD_TRY(next_pickle(r, what, &pickle));
  mmd_status_t status = mmd_pickle_value(pickle, out_value);
  mmd_pickle_destroy(pickle);
  return status;
}

static mmd_status_t read_head(reader_t *r) {
  mmd_value_t *value = NULL;
  MMD_TRY(next_value(r, "magic number", &value));
  mmd_value_release(value);
  MMD_TRY(next_value(r, "protocol number", &value));
  int64_t protocol = mmd_value_get_int(value, -1);
  mmd_value_release(value);
  if (protocol != PROTOCOL) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: legacy checkpoint of protocol %lld; %d is read",
                     r->input->name, (long long)protocol, PROTOCOL);
  }
  MMD_TRY(next_value(r, "system record", &value));
  bool is_little = mmd_value_get_bool(mmd_object_get(value, "little_endian"), true);
  mmd_value_release(value);
  if (is_little) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: written on a big-endian machine; little is read",
                   r->input->name);
}

static mmd_status_t attach_storage(reader_t *r, const char *key, mmd_pickle_t *object) {
  const char *name = r->input->name;
  mmd_pickle_storage_t *record = key ? mmd_pickle_storage_find(object, key) : NULL;
  const char *unread = mmd_pickle_unread_storage(object);
  if (!record && unread) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "%s: storage '%s': a '%s' (quantised or otherwise special) is not read", name,
                     key ? key : "?", unread);
  }
  if (!record) {
    return MMD_ERROR(MMD_CORRUPT, "%s: storage '%s' is of no known kind", name, key ? key : "?");
  }
  if (r->size - r->at < 8) return MMD_ERROR(MMD_CORRUPT, "%s: truncated before its storages", name);
  uint64_t count = 0;
  for (unsigned i = 0; i < 8; ++i) count |= (uint64_t)r->data[r->at + i] << (8 * i);
  r->at += 8;
  size_t bytes = 0;
  if (count != record->count) {
    return MMD_ERROR(MMD_CORRUPT, "%s: storage '%s' has %llu elements, expected %llu", name, key,
                     (unsigned long long)count, (unsigned long long)record->count);
  }
  if (!mmd_checked_mul((size_t)count, mmd_dtype_size(record->dtype), &bytes) ||
      bytes > r->size - r->at) {
    return MMD_ERROR(MMD_CORRUPT, "%s: truncated in storage '%s' of %llu elements", name, key,
                     (unsigned long long)count);
  }
  record->storage = r->input->storage;
  record->offset = r->at;
  record->size = bytes;
  r->at += bytes;
  return NULL;
}

static mmd_status_t attach_storages(reader_t *r, mmd_pickle_t *object) {
  mmd_value_t *keys = NULL;
  MMD_TRY(next_value(r, "storage keys", &keys));
  mmd_status_t status = NULL;
  if (mmd_value_kind(keys) != MMD_VALUE_ARRAY) {
    status = MMD_ERROR(MMD_CORRUPT, "%s: the storage keys are no list", r->input->name);
  }
  for (size_t i = 0; !status && i < mmd_array_size(keys); ++i) {
    const mmd_value_t *item = mmd_array_at(keys, i);
    status = attach_storage(r, mmd_value_get_string(item, NULL), object);
  }
  mmd_value_release(keys);
  return status;
}

mmd_status_t mmd_container_read_legacy(const mmd_container_input_t *input, mmd_value_t **out_root) {
  reader_t r = {input, mmd_storage_data(input->storage), mmd_storage_size(input->storage), 0};
  mmd_pickle_t *object = NULL;
  MMD_TRY(read_head(&r));
  MMD_TRY(next_pickle(&r, "object", &object));
  mmd_status_t status = attach_storages(&r, object);
  if (!status) status = mmd_pickle_value(object, out_root);
  mmd_pickle_destroy(object);
  return status;
}

mmd_status_t mmd_container_read_pickle(const mmd_container_input_t *input, mmd_value_t **out_root) {
  reader_t r = {input, mmd_storage_data(input->storage), mmd_storage_size(input->storage), 0};
  return next_value(&r, "object", out_root);
}
