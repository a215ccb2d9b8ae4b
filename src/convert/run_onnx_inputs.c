// SPDX-License-Identifier: Apache-2.0
#include "convert/run_onnx_inputs.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "formats/npy/npy.h"

#define MAX_ELEMENTS ((size_t)1 << 32)

mmd_status_t mmd_run_split(const char *text, const char *what, char **out_name,
                           const char **out_value) {
  const char *equals = strrchr(text, '=');
  if (!equals || equals == text || !equals[1]) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s '%s': NAME=VALUE is expected", what, text);
  }
  *out_name = mmd_strndup(text, (size_t)(equals - text));
  MMD_TRY_ALLOC(*out_name);
  *out_value = equals + 1;
  return NULL;
}

//===--- what the user gave ------------------------------------------------===//

static mmd_status_t unknown_input(const mmd_region_t *root, const char *what, const char *name) {
  const char **names = mmd_alloc_array(root->input_count + 1, sizeof *names);
  MMD_TRY_ALLOC(names);
  for (size_t i = 0; i < root->input_count; ++i) names[i] = root->inputs[i]->name;
  const char *nearest = mmd_nearest_name(name, names, root->input_count);
  if (!nearest && root->input_count) nearest = names[0];
  mmd_status_t status =
      nearest ? MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: the graph has no input '%s' (is '%s' meant?)",
                          what, name, nearest)
              : MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: the graph has no inputs, '%s' is given", what,
                          name);
  mmd_free(names);
  return status;
}

// Value of each input by its index, NULL where nothing is given; they lie in the entries.
static mmd_status_t collect(const mmd_region_t *root, const mmd_value_t *entries, const char *what,
                            const char **out_values) {
  for (size_t i = 0; i < mmd_array_size(entries); ++i) {
    const char *text = mmd_value_get_string(mmd_array_at(entries, i), ""), *value = NULL;
    char *name = NULL;
    MMD_TRY(mmd_run_split(text, what, &name, &value));
    size_t k = 0;
    while (k < root->input_count && strcmp(root->inputs[k]->name, name) != 0) ++k;
    mmd_status_t status = NULL;
    if (k == root->input_count) {
      status = unknown_input(root, what, name);
    } else if (out_values[k]) {
      status = MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: input '%s' is given twice", what, name);
    } else {
      out_values[k] = value;
    }
    mmd_free(name);
    MMD_TRY(status);
  }
  return NULL;
}

// "1x3x224x224", "scalar".
static mmd_status_t parse_shape(const char *text, mmd_shape_t *out_shape) {
  int64_t dims[MMD_MAX_RANK];
  int rank = 0;
  const char *at = strcmp(text, "scalar") == 0 ? "" : text;
  while (*at) {
    const size_t size = strcspn(at, "x");
    if (rank == MMD_MAX_RANK || !mmd_parse_i64(at, size, &dims[rank]) || dims[rank] < 0 ||
        (at[size] && !at[size + 1])) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT,
                       "'%s' is no shape; up to %d sizes like 1x3x224x224 are accepted", text,
                       MMD_MAX_RANK);
    }
    ++rank;
    at += size + (at[size] == 'x');
  }
  return mmd_shape_make(rank, dims, out_shape);
}

//===--- random numbers ----------------------------------------------------===//

// SplitMix64.
static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static mmd_status_t describe(const mmd_edge_t *edge, const char *problem) {
  mmd_str_t type = {0};
  mmd_status_t status = mmd_type_format(&edge->type, &type);
  if (!status) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "input '%s' is %s: %s", edge->name,
                       mmd_str_text(&type), problem);
  }
  mmd_str_deinit(&type);
  return status;
}

static mmd_status_t own_shape(const mmd_edge_t *edge, mmd_shape_t *out_shape) {
  int64_t dims[MMD_MAX_RANK];
  for (int i = 0; i < edge->type.rank; ++i) {
    dims[i] = mmd_dim_number(edge->type.dims[i]);
    if (dims[i] < 0 && i == 0) dims[i] = 1;
    if (dims[i] < 0) return describe(edge, "give its sizes by --shape");
  }
  if (!edge->type.has_rank) return describe(edge, "give its sizes by --shape");
  return mmd_shape_make(edge->type.rank, dims, out_shape);
}

static mmd_status_t fill_random(mmd_tensor_t *tensor, uint64_t state) {
  const size_t count = mmd_tensor_count(tensor);
  void *data = mmd_tensor_mutable_data(tensor);
  if (count && !data) return MMD_ERROR(MMD_INTERNAL, "a new tensor has no memory of its own");
  const bool is_float = mmd_dtype_is_float(tensor->dtype);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t bits = next_random(&state);
    if (is_float) {
      mmd_dtype_store_f64(tensor->dtype, data, i, (double)(bits >> 40) / 0x1p23 - 1);
    } else {
      mmd_dtype_store_i64(tensor->dtype, data, i, (int64_t)(bits >> 63));
    }
  }
  return NULL;
}

static mmd_status_t make_random(const mmd_edge_t *edge, const char *shape_text, uint64_t state,
                                mmd_tensor_t *out_tensor) {
  const mmd_dtype_t dtype = edge->type.dtype;
  mmd_shape_t shape = {0};
  size_t count = 0;
  if (edge->type.kind != MMD_TYPE_TENSOR || !mmd_dtype_size(dtype) || dtype == MMD_C64 ||
      dtype == MMD_C128) {
    return describe(edge, "there are no random values of that type; numbers are accepted");
  }
  MMD_TRY(shape_text
              ? mmd_status_annotate(parse_shape(shape_text, &shape), "--shape %s", edge->name)
              : own_shape(edge, &shape));
  MMD_TRY(mmd_shape_count(&shape, &count));
  if (count > MAX_ELEMENTS) return describe(edge, "that is too large");
  MMD_TRY(mmd_tensor_create(dtype, &shape, true, out_tensor));
  mmd_status_t status = fill_random(out_tensor, state);
  if (status) mmd_tensor_deinit(out_tensor);
  return status;
}

//===--- files -------------------------------------------------------------===//

static mmd_status_t check_array(const mmd_edge_t *edge, const mmd_tensor_t *array) {
  const mmd_type_t *type = &edge->type;
  bool fits = type->kind == MMD_TYPE_TENSOR || type->kind == MMD_TYPE_UNKNOWN;
  fits = fits && (type->dtype == MMD_DTYPE_UNDEFINED || type->dtype == array->dtype);
  fits = fits && (!type->has_rank || type->rank == array->shape.rank);
  for (int i = 0; fits && type->has_rank && i < type->rank; ++i) {
    const int64_t wanted = mmd_dim_number(type->dims[i]);
    fits = wanted < 0 || wanted == array->shape.dims[i];
  }
  if (fits) return NULL;
  mmd_str_t wanted = {0}, found = {0};
  mmd_status_t status = mmd_type_format(type, &wanted);
  if (!status) status = mmd_tensor_format(array, &found);
  if (!status) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "input '%s' is %s, the array is %s", edge->name,
                       mmd_str_text(&wanted), mmd_str_text(&found));
  }
  mmd_str_deinit(&wanted);
  mmd_str_deinit(&found);
  return status;
}

static mmd_status_t read_array(const mmd_edge_t *edge, const char *path, mmd_tensor_t *out_tensor) {
  mmd_tensor_t array = {0};
  MMD_TRY(mmd_npy_read_file(path, &array));
  mmd_status_t status = check_array(edge, &array);
  if (!status) status = mmd_tensor_contiguous(&array, out_tensor);
  mmd_tensor_deinit(&array);
  return mmd_status_annotate(status, "%s", path);
}

//===--- all ---------------------------------------------------------------===//

static mmd_status_t make_input(const mmd_edge_t *edge, const char *source, const char *shape,
                               uint64_t state, mmd_tensor_t *out_tensor) {
  if (!source || strcmp(source, "random") == 0) {
    return make_random(edge, shape, state, out_tensor);
  }
  if (shape) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "--shape: input '%s' has the shape of its file '%s'",
                     edge->name, source);
  }
  return read_array(edge, source, out_tensor);
}

mmd_status_t mmd_run_inputs_make(const mmd_graph_t *graph, const mmd_value_t *inputs,
                                 const mmd_value_t *shapes, int64_t seed,
                                 mmd_run_inputs_t *out_inputs) {
  const mmd_region_t *root = graph->root;
  const size_t count = root->input_count;
  mmd_run_inputs_t made = {.count = count};
  const char **sources = mmd_alloc_array(2 * count + 1, sizeof *sources);
  made.tensors = mmd_alloc_array(count + 1, sizeof *made.tensors);
  mmd_status_t status = sources && made.tensors ? NULL : mmd_status_no_memory();
  if (!status) status = collect(root, inputs, "--input", sources);
  if (!status) status = collect(root, shapes, "--shape", sources + count);
  for (size_t i = 0; i < count && !status; ++i) {
    // The name takes part, so that both graphs of a comparison get the same numbers in any order.
    const uint64_t state =
        (uint64_t)seed * UINT64_C(0xd1342543de82ef95) + mmd_hash_seed_of(root->inputs[i]->name);
    status = make_input(root->inputs[i], sources[i], sources[count + i], state, &made.tensors[i]);
  }
  mmd_free(sources);
  if (status) {
    mmd_run_inputs_deinit(&made);
    return status;
  }
  *out_inputs = made;
  return NULL;
}

void mmd_run_inputs_deinit(mmd_run_inputs_t *inputs) {
  for (size_t i = 0; inputs->tensors && i < inputs->count; ++i)
    mmd_tensor_deinit(&inputs->tensors[i]);
  mmd_free(inputs->tensors);
  *inputs = (mmd_run_inputs_t){0};
}
