// SPDX-License-Identifier: Apache-2.0
#include "formats/checkpoint/checkpoint.h"

#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "formats/checkpoint/containers.h"
#include "formats/checkpoint/weights_keys.h"
#include "formats/npy/npy.h"

enum { MAX_WRAPPERS = 4, TAR_MAGIC_AT = 257 };

typedef struct entry_t {
  const char *key;  // owned by the map
  mmd_tensor_t tensor;
} entry_t;

struct mmd_checkpoint {
  mmd_map_t *index;  // key -> position + 1
  entry_t *entries;
  size_t count, capacity;
  mmd_value_t *rest;
  mmd_value_t *versions;
  mmd_str_t wrapper;
  char *prefix;  // "" when nothing was cut off
  const char *container;
  size_t file_size;
};

// The names under which trainers keep the weights, the usual ones first.
static const char *const wrapper_names[] = {
    "state_dict", "model", "model_state_dict", "module",  "params_ema",
    "params",     "net",   "network",          "weights",
};

// --- containers ---

static mmd_status_t unknown_container(const mmd_container_input_t *input) {
  const uint8_t *data = mmd_storage_data(input->storage);
  size_t size = mmd_storage_size(input->storage);
  if (size == 0) return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: the file is empty", input->name);
  if (size >= TAR_MAGIC_AT + 5 && memcmp(data + TAR_MAGIC_AT, "ustar", 5) == 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "%s: a tar archive, as PyTorch wrote before 0.2; load and save it again with "
                     "a newer PyTorch",
                     input->name);
  }
  if (mmd_npy_probe(data, size)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: one NumPy array without a name; .npz is accepted",
                     input->name);
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: not a checkpoint; PyTorch's .pth (zip or legacy), safetensors and .npz are "
                   "accepted",
                   input->name);
}

static mmd_status_t read_container(const mmd_container_input_t *input, const char **out_container,
                                   mmd_value_t **out_root) {
  const uint8_t *data = mmd_storage_data(input->storage);
  size_t size = mmd_storage_size(input->storage);
  if (mmd_zip_probe(data, size)) return mmd_container_read_zip(input, out_container, out_root);
  if (mmd_container_probe_legacy(data, size)) {
    *out_container = "torch legacy";
    return mmd_container_read_legacy(input, out_root);
  }
  if (mmd_container_probe_pickle(data, size)) {
    *out_container = "pickle";
    return mmd_container_read_pickle(input, out_root);
  }
  if (mmd_container_probe_safetensors(data, size)) {
    *out_container = "safetensors";
    return mmd_container_read_safetensors(input, out_root);
  }
  return unknown_container(input);
}

// --- wrappers ---

static bool is_object(const mmd_value_t *value) {
  return mmd_value_kind(value) == MMD_VALUE_OBJECT;
}

static const char *class_of(const mmd_value_t *value) {
  return mmd_value_get_string(mmd_object_get(value, "__class__"), NULL);
}

static bool has_tensor(const mmd_value_t *object) {
  for (size_t i = 0; i < mmd_object_size(object); ++i) {
    if (mmd_value_get_tensor(mmd_object_value_at(object, i))) return true;
  }
  return false;
}

// Whether |object| can stand for the weights: it has tensors, or a wrapper around them.
static bool is_weights(const mmd_value_t *object, int depth) {
  if (!is_object(object)) return false;
  if (has_tensor(object) || class_of(object)) return true;
  for (size_t i = 0; depth > 0 && i < sizeof wrapper_names / sizeof wrapper_names[0]; ++i) {
    if (is_weights(mmd_object_get(object, wrapper_names[i]), depth - 1)) return true;
  }
  return false;
}

static const char *find_wrapper(const mmd_value_t *object) {
  for (size_t i = 0; i < sizeof wrapper_names / sizeof wrapper_names[0]; ++i) {
    if (is_weights(mmd_object_get(object, wrapper_names[i]), MAX_WRAPPERS)) {
      return wrapper_names[i];
    }
  }
  // An empty state dict is one all the same.
  return is_object(mmd_object_get(object, wrapper_names[0])) ? wrapper_names[0] : NULL;
}

// |object| without its member |name|; members are shared.
static mmd_status_t copy_without(const mmd_value_t *object, const char *name,
                                 mmd_value_t **out_copy) {
  mmd_value_t *copy = mmd_value_object();
  MMD_TRY_ALLOC(copy);
  for (size_t i = 0; i < mmd_object_size(object); ++i) {
    const char *key = mmd_object_key_at(object, i);
    if (strcmp(key, name) == 0) continue;
    mmd_status_t status =
        mmd_object_take(copy, key, mmd_value_retain(mmd_object_value_at(object, i)));
    if (status) {
      mmd_value_release(copy);
      return status;
    }
  }
  *out_copy = copy;
  return NULL;
}

static const char *last_part(const char *dotted) {
  const char *dot = strrchr(dotted, '.');
  return dot ? dot + 1 : dotted;
}

// Steps into the member |name|. What stands beside it stays in |*inout_rest|, under the name of the
// wrapper before, if there was one.
static mmd_status_t step_into(mmd_checkpoint_t *c, const char *name, mmd_value_t **inout_object,
                              mmd_value_t **inout_rest) {
  mmd_value_t *rest = NULL;
  MMD_TRY(copy_without(*inout_object, name, &rest));
  if (!c->rest) {
    c->rest = rest;
  } else {
    MMD_TRY(mmd_object_take(*inout_rest, last_part(mmd_str_text(&c->wrapper)), rest));
  }
  *inout_rest = rest;
  *inout_object = mmd_object_get(*inout_object, name);
  if (c->wrapper.size) MMD_TRY(mmd_str_append_char(&c->wrapper, '.'));
  return mmd_str_append(&c->wrapper, name);
}

// An instance of a class of someone's own that derives from dict: it holds tensors and no other
// members, as no module does.
static bool is_dict_of_tensors(const mmd_value_t *object) {
  for (size_t i = 0; i < mmd_object_size(object); ++i) {
    if (mmd_str_starts_with(mmd_object_key_at(object, i), "__")) continue;
    if (!mmd_value_get_tensor(mmd_object_value_at(object, i))) return false;
  }
  return has_tensor(object);
}

static mmd_status_t check_weights(const mmd_value_t *object, const char *name,
                                  const char *wrapper) {
  const char *where = *wrapper ? wrapper : "the outermost value";
  if (!is_object(object)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %s is of kind '%s', not a dict of tensors", name,
                     where, mmd_value_kind_name(mmd_value_kind(object)));
  }
  if (class_of(object) && !is_dict_of_tensors(object)) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "%s: %s is a pickled object of class '%s', not a state dict; save "
                     "model.state_dict() instead",
                     name, where, class_of(object));
  }
  return NULL;
}

static mmd_status_t unwrap_given(mmd_checkpoint_t *c, const char *name, const char *wrapper,
                                 mmd_value_t **inout_object, mmd_value_t **inout_rest) {
  char *path = mmd_strdup(wrapper);
  MMD_TRY_ALLOC(path);
  mmd_status_t status = NULL;
  for (char *part = path; !status && part;) {
    char *dot = strchr(part, '.');
    if (dot) *dot = '\0';
    if (!mmd_object_get(*inout_object, part)) {
      status = MMD_ERROR(MMD_NOT_FOUND, "%s: it holds no '%s'", name, wrapper);
    } else {
      status = step_into(c, part, inout_object, inout_rest);
    }
    part = dot ? dot + 1 : NULL;
  }
  mmd_free(path);
  return status;
}

static mmd_status_t unwrap_by_rule(mmd_checkpoint_t *c, mmd_value_t **inout_object,
                                   mmd_value_t **inout_rest) {
  for (int depth = 0; depth < MAX_WRAPPERS; ++depth) {
    if (!is_object(*inout_object) || class_of(*inout_object)) return NULL;
    if (depth > 0 && has_tensor(*inout_object)) return NULL;
    const char *wrapper = find_wrapper(*inout_object);
    if (!wrapper) return NULL;
    MMD_TRY(step_into(c, wrapper, inout_object, inout_rest));
  }
  return NULL;
}

// --- entries ---

static bool all_have_prefix(const mmd_value_t *weights, const char *prefix) {
  bool any = false;
  for (size_t i = 0; i < mmd_object_size(weights); ++i) {
    if (!mmd_value_get_tensor(mmd_object_value_at(weights, i))) continue;
    if (!mmd_str_starts_with(mmd_object_key_at(weights, i), prefix)) return false;
    any = true;
  }
  return any;
}

static mmd_status_t add_entry(mmd_checkpoint_t *c, const char *key, const mmd_tensor_t *tensor) {
  MMD_TRY(MMD_GROW(c->entries, c->capacity, c->count + 1));
  MMD_TRY(mmd_map_set(c->index, key, (void *)(uintptr_t)(c->count + 1), NULL));
  const char *owned = mmd_map_at(c->index, mmd_map_size(c->index) - 1).key;
  c->entries[c->count++] = (entry_t){owned, mmd_tensor_retain(tensor)};
  return NULL;
}

// Keeps what is no tensor: in |extra|, which is the rest itself when there was no wrapper.
static mmd_status_t add_extra(mmd_checkpoint_t *c, const char *key, mmd_value_t *value,
                              mmd_value_t *extra) {
  if (strcmp(key, "__state__") == 0 && is_object(value)) {
    c->versions = mmd_value_retain(mmd_object_get(value, "_metadata"));
    return NULL;
  }
  return mmd_object_take(extra, key, mmd_value_retain(value));
}

// Without the prefix, and NULL when |key| has not got it and it was asked for.
static const char *cut_prefix(const mmd_checkpoint_t *c, const char *key, bool was_asked) {
  const size_t size = strlen(c->prefix);
  if (strncmp(key, c->prefix, size) != 0) return was_asked ? NULL : key;
  key += size;
  if (was_asked && *key == '.') ++key;
  return *key || !was_asked ? key : NULL;
}

static mmd_status_t add_entries(mmd_checkpoint_t *c, const mmd_value_t *weights, bool was_asked,
                                mmd_value_t *extra) {
  for (size_t i = 0; i < mmd_object_size(weights); ++i) {
    const char *key = mmd_object_key_at(weights, i);
    mmd_value_t *value = mmd_object_value_at(weights, i);
    const mmd_tensor_t *tensor = mmd_value_get_tensor(value);
    if (!tensor) {
      MMD_TRY(add_extra(c, key, value, extra));
      continue;
    }
    const char *name = cut_prefix(c, key, was_asked);
    if (name) MMD_TRY(add_entry(c, name, tensor));
  }
  return NULL;
}

static mmd_status_t choose_prefix(mmd_checkpoint_t *c, const char *name, const mmd_value_t *weights,
                                  const mmd_checkpoint_options_t *options) {
  const char *prefix = "";
  if (options->prefix) {
    prefix = options->prefix;
  } else if (!options->keep_prefix && all_have_prefix(weights, "module.")) {
    prefix = "module.";
  }
  c->prefix = mmd_strdup(prefix);
  MMD_TRY_ALLOC(c->prefix);
  return options->prefix ? mmd_weights_check_prefix(weights, prefix, name) : NULL;
}

static mmd_status_t take_weights(mmd_checkpoint_t *c, const mmd_value_t *weights,
                                 const mmd_checkpoint_options_t *options) {
  const bool was_asked = options->prefix != NULL;
  if (!c->rest) {
    c->rest = mmd_value_object();
    MMD_TRY_ALLOC(c->rest);
    return add_entries(c, weights, was_asked, c->rest);
  }
  mmd_value_t *extra = mmd_value_object();
  MMD_TRY_ALLOC(extra);
  mmd_status_t status = add_entries(c, weights, was_asked, extra);
  if (!status && mmd_object_size(extra) > 0) {
    status = mmd_object_take(c->rest, "__extra__", mmd_value_retain(extra));
  }
  mmd_value_release(extra);
  return status;
}

// Brings the dict of weights into its final form before its entries are taken.
static mmd_status_t prepare_weights(const mmd_value_t *weights, const char *name,
                                    const mmd_checkpoint_options_t *options,
                                    mmd_value_t **out_weights) {
  MMD_TRY(mmd_weights_flatten(weights, name, out_weights));
  if (!mmd_str_equal(options->prefix, MMD_WEIGHTS_EMA)) return NULL;
  mmd_value_t *averages = NULL;
  mmd_status_t status = mmd_weights_averages(*out_weights, &averages);
  if (!averages) return status;
  mmd_value_release(*out_weights);
  *out_weights = averages;
  return NULL;
}

static mmd_status_t take_prepared(mmd_checkpoint_t *c, const char *name, const mmd_value_t *weights,
                                  const mmd_checkpoint_options_t *options) {
  mmd_value_t *prepared = NULL;
  mmd_status_t status = prepare_weights(weights, name, options, &prepared);
  if (!status) status = choose_prefix(c, name, prepared, options);
  if (!status) status = take_weights(c, prepared, options);
  mmd_value_release(prepared);
  return status;
}

// Other containers hold nothing but tensors, if only none.
static bool is_pickled(const mmd_checkpoint_t *c) {
  return mmd_str_starts_with(c->container, "torch") || strcmp(c->container, "pickle") == 0;
}

static mmd_status_t fill(mmd_checkpoint_t *c, const char *name, mmd_value_t *root,
                         const mmd_checkpoint_options_t *options) {
  mmd_value_t *weights = root, *rest = NULL;
  MMD_TRY(check_weights(root, name, ""));
  if (options->wrapper) {
    MMD_TRY(unwrap_given(c, name, options->wrapper, &weights, &rest));
  } else {
    MMD_TRY(unwrap_by_rule(c, &weights, &rest));
  }
  MMD_TRY(check_weights(weights, name, mmd_str_text(&c->wrapper)));
  MMD_TRY(mmd_map_create(&c->index));
  MMD_TRY(take_prepared(c, name, weights, options));
  if (c->count > 0 || c->wrapper.size || !is_pickled(c)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: it holds no tensors, neither outermost nor under 'state_dict' or 'model'",
                   name);
}

mmd_status_t mmd_checkpoint_from_value(mmd_value_t *root, const char *name, const char *container,
                                       size_t file_size, const mmd_checkpoint_options_t *options,
                                       mmd_checkpoint_t **out_checkpoint) {
  *out_checkpoint = NULL;
  const mmd_checkpoint_options_t defaults = {0};
  mmd_checkpoint_t *c = mmd_alloc(sizeof *c);
  MMD_TRY_ALLOC(c);
  c->file_size = file_size;
  c->container = container;
  mmd_status_t status = fill(c, name, root, options ? options : &defaults);
  if (status) {
    mmd_checkpoint_destroy(c);
    return status;
  }
  *out_checkpoint = c;
  return NULL;
}

mmd_status_t mmd_checkpoint_open_storage(mmd_storage_t *storage, const char *name,
                                         const mmd_checkpoint_options_t *options,
                                         mmd_checkpoint_t **out_checkpoint) {
  *out_checkpoint = NULL;
  const mmd_checkpoint_options_t defaults = {0};
  const mmd_container_input_t input = {storage, name, options ? options : &defaults};
  const char *container = NULL;
  mmd_value_t *root = NULL;
  MMD_TRY(read_container(&input, &container, &root));
  mmd_status_t status = mmd_checkpoint_from_value(root, name, container, mmd_storage_size(storage),
                                                  options, out_checkpoint);
  mmd_value_release(root);
  // The headers have been read; the weights will be when somebody wants them.
  if (!status) mmd_storage_drop_pages(storage, 0, mmd_storage_size(storage));
  return status;
}

mmd_status_t mmd_checkpoint_open(const char *path, const mmd_checkpoint_options_t *options,
                                 mmd_checkpoint_t **out_checkpoint) {
  *out_checkpoint = NULL;
  mmd_storage_t *storage = NULL;
  MMD_TRY(mmd_storage_map_file(path, &storage));
  mmd_status_t status = mmd_checkpoint_open_storage(storage, path, options, out_checkpoint);
  mmd_storage_release(storage);
  return status;
}

void mmd_checkpoint_destroy(mmd_checkpoint_t *checkpoint) {
  if (!checkpoint) return;
  for (size_t i = 0; i < checkpoint->count; ++i) mmd_tensor_deinit(&checkpoint->entries[i].tensor);
  mmd_free(checkpoint->entries);
  mmd_map_destroy(checkpoint->index);
  mmd_value_release(checkpoint->rest);
  mmd_value_release(checkpoint->versions);
  mmd_str_deinit(&checkpoint->wrapper);
  mmd_free(checkpoint->prefix);
  mmd_free(checkpoint);
}

// --- other keys ---

static mmd_status_t index_names(const mmd_checkpoint_t *checkpoint, const char *const *names,
                                mmd_map_t *index) {
  size_t kept = 0;
  for (size_t i = 0; i < checkpoint->count; ++i) {
    if (!names[i]) continue;
    if (mmd_map_has(index, names[i])) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' would get the name '%s', which is taken",
                       checkpoint->entries[i].key, names[i]);
    }
    MMD_TRY(mmd_map_set(index, names[i], (void *)(uintptr_t)++kept, NULL));
  }
  return NULL;
}

mmd_status_t mmd_checkpoint_set_keys(mmd_checkpoint_t *checkpoint, const char *const *names) {
  mmd_map_t *index = NULL;
  MMD_TRY(mmd_map_create(&index));
  mmd_status_t status = index_names(checkpoint, names, index);
  if (status) {
    mmd_map_destroy(index);
    return status;
  }
  size_t kept = 0;
  for (size_t i = 0; i < checkpoint->count; ++i) {
    entry_t entry = checkpoint->entries[i];
    if (!names[i]) {
      mmd_tensor_deinit(&entry.tensor);
      continue;
    }
    entry.key = mmd_map_at(index, kept).key;
    checkpoint->entries[kept++] = entry;
  }
  checkpoint->count = kept;
  mmd_map_destroy(checkpoint->index);  // and with it the old keys
  checkpoint->index = index;
  return NULL;
}

// --- what it holds ---

size_t mmd_checkpoint_size(const mmd_checkpoint_t *checkpoint) {
  return checkpoint->count;
}

const char *mmd_checkpoint_key_at(const mmd_checkpoint_t *checkpoint, size_t index) {
  return checkpoint->entries[index].key;
}

const mmd_tensor_t *mmd_checkpoint_tensor_at(const mmd_checkpoint_t *checkpoint, size_t index) {
  return &checkpoint->entries[index].tensor;
}

const mmd_tensor_t *mmd_checkpoint_get(const mmd_checkpoint_t *checkpoint, const char *key) {
  uintptr_t position = (uintptr_t)mmd_map_get(checkpoint->index, key);
  return position ? &checkpoint->entries[position - 1].tensor : NULL;
}

mmd_value_t *mmd_checkpoint_rest(const mmd_checkpoint_t *checkpoint) {
  return checkpoint->rest;
}

mmd_value_t *mmd_checkpoint_meta(const mmd_checkpoint_t *checkpoint) {
  mmd_value_t *meta = mmd_object_get(checkpoint->rest, "meta");
  return meta ? meta : mmd_object_get(checkpoint->rest, "__metadata__");
}

// 0.x: meta.CLASSES; 1.x: meta.dataset_meta.classes (CLASSES in its first releases).
static mmd_value_t *find_in_meta(const mmd_checkpoint_t *checkpoint, const char *upper,
                                 const char *lower) {
  mmd_value_t *meta = mmd_checkpoint_meta(checkpoint);
  mmd_value_t *data_set = mmd_object_get(meta, "dataset_meta");
  mmd_value_t *found[] = {
      mmd_object_get(data_set, lower),
      mmd_object_get(data_set, upper),
      mmd_object_get(meta, upper),
      mmd_object_get(meta, lower),
  };
  for (size_t i = 0; i < sizeof found / sizeof found[0]; ++i) {
    mmd_value_kind_t kind = mmd_value_kind(found[i]);
    if (kind == MMD_VALUE_ARRAY || kind == MMD_VALUE_TENSOR) return found[i];
  }
  return NULL;
}

mmd_value_t *mmd_checkpoint_classes(const mmd_checkpoint_t *checkpoint) {
  return find_in_meta(checkpoint, "CLASSES", "classes");
}

mmd_value_t *mmd_checkpoint_palette(const mmd_checkpoint_t *checkpoint) {
  return find_in_meta(checkpoint, "PALETTE", "palette");
}

mmd_value_t *mmd_checkpoint_versions(const mmd_checkpoint_t *checkpoint) {
  return checkpoint->versions;
}

mmd_checkpoint_info_t mmd_checkpoint_info(const mmd_checkpoint_t *checkpoint) {
  return (mmd_checkpoint_info_t){
      .container = checkpoint->container,
      .wrapper = mmd_str_text(&checkpoint->wrapper),
      .prefix = checkpoint->prefix,
      .file_size = checkpoint->file_size,
  };
}
