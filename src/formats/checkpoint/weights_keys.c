// SPDX-License-Identifier: Apache-2.0
#include "formats/checkpoint/weights_keys.h"

#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"

enum { MAX_NESTING = 8, MAX_KEY = 4096, LISTED_PREFIXES = 8 };

// One dict may be reached by many ways, so what a small file holds can be large when it is flat.
enum { MAX_FLAT_TENSORS = 1000000 };

// --- nested dicts ---

// Dicts of these are no weights, whatever they hold.
static bool is_training_state(const char *key) {
  static const char *const beginnings[] = {"optim", "lr_sched", "scheduler", "scaler", "__"};
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; ++i) {
    if (mmd_str_starts_with(key, beginnings[i])) return true;
  }
  return false;
}

// Whether all leaves are tensors and there is one. |budget| bounds the time.
static bool is_tensor_tree(const mmd_value_t *value, int depth, size_t *budget) {
  const size_t count = mmd_object_size(value);
  bool any = false;
  if (depth == 0 || mmd_object_get(value, "__class__")) return false;
  for (size_t i = 0; i < count; ++i) {
    if (*budget == 0) return false;
    --*budget;
    if (strcmp(mmd_object_key_at(value, i), "__state__") == 0) continue;
    const mmd_value_t *item = mmd_object_value_at(value, i);
    if (!mmd_value_get_tensor(item) && !is_tensor_tree(item, depth - 1, budget)) return false;
    any = true;
  }
  return any;
}

static mmd_status_t put(mmd_value_t *flat, const char *key, mmd_value_t *value, const char *name) {
  if (mmd_object_get(flat, key)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: two tensors are called '%s' when dicts are flat",
                     name, key);
  }
  return mmd_object_take(flat, key, mmd_value_retain(value));
}

static mmd_status_t put_tree(mmd_value_t *flat, mmd_str_t *key, const mmd_value_t *tree,
                             const char *name) {
  const size_t base = key->size;
  for (size_t i = 0; i < mmd_object_size(tree); ++i) {
    const char *member = mmd_object_key_at(tree, i);
    mmd_value_t *value = mmd_object_value_at(tree, i);
    if (strcmp(member, "__state__") == 0) continue;
    MMD_TRY(mmd_str_printf(key, ".%s", member));
    if (key->size > MAX_KEY) return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: a key is too long", name);
    MMD_TRY(mmd_value_get_tensor(value) ? put(flat, mmd_str_text(key), value, name)
                                        : put_tree(flat, key, value, name));
    key->size = base;
    key->data[base] = '\0';
  }
  return NULL;
}

static mmd_status_t flatten(const mmd_value_t *weights, const char *name, mmd_value_t *flat) {
  size_t budget = MAX_FLAT_TENSORS;
  mmd_str_t key = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; !status && i < mmd_object_size(weights); ++i) {
    const char *member = mmd_object_key_at(weights, i);
    mmd_value_t *value = mmd_object_value_at(weights, i);
    if (is_training_state(member) || !is_tensor_tree(value, MAX_NESTING, &budget)) {
      status = put(flat, member, value, name);
      continue;
    }
    mmd_str_clear(&key);
    status = mmd_str_append(&key, member);
    if (!status) status = put_tree(flat, &key, value, name);
  }
  mmd_str_deinit(&key);
  return status;
}

static bool has_objects(const mmd_value_t *weights) {
  for (size_t i = 0; i < mmd_object_size(weights); ++i) {
    if (mmd_value_kind(mmd_object_value_at(weights, i)) == MMD_VALUE_OBJECT) return true;
  }
  return false;
}

mmd_status_t mmd_weights_flatten(const mmd_value_t *weights, const char *name,
                                 mmd_value_t **out_flat) {
  *out_flat = NULL;
  if (!has_objects(weights)) {
    *out_flat = mmd_value_retain((mmd_value_t *)(uintptr_t)weights);
    return NULL;
  }
  mmd_value_t *flat = mmd_value_object();
  MMD_TRY_ALLOC(flat);
  mmd_status_t status = flatten(weights, name, flat);
  if (status) {
    mmd_value_release(flat);
    return status;
  }
  *out_flat = flat;
  return NULL;
}

// --- averages ---

char *mmd_weights_average_key(const char *key) {
  const size_t size = strlen(key), head = strlen(MMD_WEIGHTS_EMA);
  char *text = mmd_alloc_uninit(head + size + 1);
  if (!text) return NULL;
  memcpy(text, MMD_WEIGHTS_EMA, head);
  for (size_t i = 0; i <= size; ++i) text[head + i] = (char)(key[i] == '.' ? '_' : key[i]);
  return text;
}

static mmd_status_t put_averages(const mmd_value_t *weights, mmd_value_t *averages) {
  for (size_t i = 0; i < mmd_object_size(weights); ++i) {
    const char *key = mmd_object_key_at(weights, i);
    char *twin = mmd_weights_average_key(key);
    MMD_TRY_ALLOC(twin);
    mmd_value_t *average = mmd_object_get(weights, twin);
    mmd_free(twin);
    if (!mmd_value_get_tensor(average)) continue;
    mmd_str_t name = {0};
    mmd_status_t status = mmd_str_printf(&name, MMD_WEIGHTS_EMA "%s", key);
    if (!status) {
      status = mmd_object_take(averages, mmd_str_text(&name), mmd_value_retain(average));
    }
    mmd_str_deinit(&name);
    MMD_TRY(status);
  }
  return NULL;
}

mmd_status_t mmd_weights_averages(const mmd_value_t *weights, mmd_value_t **out_averages) {
  *out_averages = NULL;
  mmd_value_t *averages = mmd_value_object();
  MMD_TRY_ALLOC(averages);
  mmd_status_t status = put_averages(weights, averages);
  if (status || mmd_object_size(averages) == 0) {
    mmd_value_release(averages);
    return status;
  }
  *out_averages = averages;
  return NULL;
}

// --- prefixes ---

static mmd_status_t list_beginnings(const mmd_value_t *weights, mmd_map_t *seen, mmd_str_t *list) {
  for (size_t i = 0; i < mmd_object_size(weights); ++i) {
    const char *key = mmd_object_key_at(weights, i);
    const size_t size = strcspn(key, ".");
    if (!mmd_value_get_tensor(mmd_object_value_at(weights, i))) continue;
    if (mmd_map_get_n(seen, key, size)) continue;
    MMD_TRY(mmd_map_set_n(seen, key, size, seen, NULL));
    if (mmd_map_size(seen) > LISTED_PREFIXES) return mmd_str_append(list, ", …");
    MMD_TRY(mmd_str_printf(list, "%s'%.*s'", list->size ? ", " : "", (int)(size < 64 ? size : 64),
                           key));
  }
  return NULL;
}

mmd_status_t mmd_weights_check_prefix(const mmd_value_t *weights, const char *prefix,
                                      const char *name) {
  for (size_t i = 0; i < mmd_object_size(weights); ++i) {
    if (!mmd_value_get_tensor(mmd_object_value_at(weights, i))) continue;
    if (mmd_str_starts_with(mmd_object_key_at(weights, i), prefix)) return NULL;
  }
  mmd_map_t *seen = NULL;
  mmd_str_t list = {0};
  MMD_TRY(mmd_map_create(&seen));
  mmd_status_t status = list_beginnings(weights, seen, &list);
  if (!status) {
    status = MMD_ERROR(MMD_NOT_FOUND, "%s: no key begins with '%s'; they begin with %s", name,
                       prefix, list.size ? mmd_str_text(&list) : "nothing");
  }
  mmd_map_destroy(seen);
  mmd_str_deinit(&list);
  return status;
}
