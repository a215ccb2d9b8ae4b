// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/heads_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "pipeline/registry.h"

enum { MAX_ELEMENTS = 1 << 14, MAX_STEPS = 12, MAX_INPUTS = 4, MAX_SIDE = 64 };

static void require(bool condition) {
  if (!condition) abort();
}

//===--- values ------------------------------------------------------------===//

static mmd_status_t make_tensor(const mmd_value_t *item, mmd_value_t **out_value) {
  const mmd_value_t *sizes = mmd_object_get(item, "shape"), *data = mmd_object_get(item, "data");
  const size_t rank = mmd_array_size(sizes), given = mmd_array_size(data);
  const bool is_whole = mmd_value_get_bool(mmd_object_get(item, "whole"), false);
  int64_t dims[MMD_MAX_RANK];
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  size_t count;
  if (rank > MMD_MAX_RANK) return MMD_ERROR(MMD_INVALID_ARGUMENT, "%zu sizes", rank);
  for (size_t i = 0; i < rank; ++i) dims[i] = mmd_value_get_int(mmd_array_at(sizes, i), 1);
  MMD_TRY(mmd_shape_make((int)rank, dims, &shape));
  MMD_TRY(mmd_shape_count(&shape, &count));
  if (count > MAX_ELEMENTS) return MMD_ERROR(MMD_OUT_OF_RANGE, "%zu elements", count);
  MMD_TRY(mmd_tensor_create(is_whole ? MMD_I64 : MMD_F32, &shape, true, &tensor));
  for (size_t i = 0; i < count && given; ++i) {
    const mmd_value_t *number = mmd_array_at(data, i % given);
    void *to = mmd_tensor_mutable_data(&tensor);
    if (is_whole) {
      mmd_dtype_store_i64(MMD_I64, to, i, mmd_value_get_int(number, 0));
    } else {
      mmd_dtype_store_f64(MMD_F32, to, i, mmd_value_get_float(number, (double)NAN));
    }
  }
  *out_value = mmd_value_tensor(&tensor);
  mmd_tensor_deinit(&tensor);
  return *out_value ? NULL : mmd_status_no_memory();
}

static mmd_status_t make_image(const mmd_value_t *item, mmd_value_t **out_value) {
  const int64_t width = mmd_value_get_int(mmd_object_get(item, "width"), 0);
  const int64_t height = mmd_value_get_int(mmd_object_get(item, "height"), 0);
  mmd_image_t image;
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "an image of %lldx%lld", (long long)width,
                     (long long)height);
  MMD_TRY(mmd_image_create((int)height, (int)width, MMD_PIXEL_BGR, MMD_U8, &image));
  memset(mmd_image_mutable_data(&image), 77, mmd_image_byte_size(&image));
  *out_value = mmd_value_image(&image);
  mmd_image_deinit(&image);
  return *out_value ? NULL : mmd_status_no_memory();
}

// The value with its tensors and images made.
static mmd_status_t make_value(const mmd_value_t *item, mmd_value_t **out_value) {
  *out_value = NULL;
  if (mmd_object_get(item, "shape")) return make_tensor(item, out_value);
  if (mmd_object_get(item, "width")) return make_image(item, out_value);
  const bool is_object = mmd_value_kind(item) == MMD_VALUE_OBJECT;
  if (!is_object && mmd_value_kind(item) != MMD_VALUE_ARRAY) {
    *out_value = mmd_value_retain((mmd_value_t *)(uintptr_t)item);
    return NULL;
  }
  mmd_value_t *made = is_object ? mmd_value_object() : mmd_value_array();
  mmd_status_t status = made ? NULL : mmd_status_no_memory();
  const size_t count = is_object ? mmd_object_size(item) : mmd_array_size(item);
  for (size_t i = 0; i < count && !status; ++i) {
    mmd_value_t *inner = NULL;
    status = make_value(is_object ? mmd_object_value_at(item, i) : mmd_array_at(item, i), &inner);
    if (status) break;
    status = is_object ? mmd_object_take(made, mmd_object_key_at(item, i), inner)
                       : mmd_array_take(made, inner);
  }
  if (status) {
    mmd_value_release(made);
  } else {
    *out_value = made;
  }
  return status;
}

//===--- steps -------------------------------------------------------------===//

static mmd_status_t read_file(void *files, const char *name, mmd_storage_t **out_storage) {
  const mmd_value_t *step = files;
  size_t size = 0;
  const char *text = mmd_value_get_string_n(mmd_object_get(step, "file"), &size);
  (void)name;
  if (!text) return MMD_ERROR(MMD_NOT_FOUND, "no file");
  MMD_TRY(mmd_storage_create(size, false, out_storage));
  if (size) memcpy(mmd_storage_mutable_data(*out_storage), text, size);
  return NULL;
}

static const mmd_component_t *find(const mmd_value_t *step) {
  const char *module = mmd_value_get_string(mmd_object_get(step, "module"), "");
  const char *name = mmd_value_get_string(mmd_object_get(step, "component"), "");
  const mmd_component_t *const *lists[] = {mmd_postprocess_registry, mmd_task_module_registry};
  for (size_t i = 0; i < 2; ++i) {
    for (const mmd_component_t *const *at = lists[i]; *at; ++at) {
      if (strcmp((*at)->module, module) == 0 && strcmp((*at)->name, name) == 0) return *at;
    }
  }
  return NULL;
}

// Outputs are appended to |values|.
static mmd_status_t apply(const mmd_component_t *component, const void *options, int release,
                          const mmd_value_t *step, mmd_value_t *values) {
  const mmd_component_context_t context = {.device = "cpu", .release = release};
  const mmd_value_t *places = mmd_object_get(step, "in");
  const size_t count = mmd_array_size(places);
  mmd_value_t *inputs[MAX_INPUTS], *result = NULL;
  const size_t wanted = component->input_count;
  if (count == 0 || count > MAX_INPUTS || (wanted && count != wanted))
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%zu inputs", count);
  for (size_t i = 0; i < count; ++i) {
    const int64_t at = mmd_value_get_int(mmd_array_at(places, i), -1);
    if (at < 0 || (uint64_t)at >= mmd_array_size(values))
      return MMD_ERROR(MMD_OUT_OF_RANGE, "no value of that number");
    inputs[i] = mmd_array_at(values, (size_t)at);
  }
  mmd_status_t status = component->apply(options, &context, inputs, count, &result);
  if (status) return status;
  require(result != NULL);
  if (component->output_count < 2) return mmd_array_take(values, result);
  require(mmd_array_size(result) == component->output_count);
  for (size_t i = 0; i < component->output_count && !status; ++i)
    status = mmd_array_take(values, mmd_value_retain(mmd_array_at(result, i)));
  mmd_value_release(result);
  return status;
}

static mmd_status_t run_step(const mmd_value_t *step, int release, mmd_value_t *values) {
  const mmd_component_t *component = find(step);
  if (!component) return MMD_ERROR(MMD_NOT_FOUND, "no such component");
  const bool is_head = strcmp(component->module, "Task") != 0;
  const mmd_value_t *params = is_head ? mmd_object_get(step, "params") : step;
  const mmd_component_env_t env = {.release = release,
                                   .device = "cpu",
                                   .config = step,
                                   .read_file = read_file,
                                   .files = (void *)(uintptr_t)step};
  void *options = mmd_alloc(component->options->struct_size);
  MMD_TRY_ALLOC(options);
  mmd_status_t status = mmd_options_read(component->options, params, "params", false, options);
  if (!status && component->check) status = component->check(options, "params");
  if (!status && component->prepare) status = component->prepare(options, &env, "params");
  if (!status) status = apply(component, options, release, step, values);
  if (component->release) component->release(options);
  mmd_free(options);
  return status;
}

mmd_status_t mmd_fuzz_run_heads(const mmd_value_t *root) {
  mmd_value_t *values = NULL;
  const mmd_value_t *steps = mmd_object_get(root, "steps");
  const int release = mmd_value_get_bool(mmd_object_get(root, "is_1x"), false);
  MMD_TRY(make_value(mmd_object_get(root, "values"), &values));
  const bool is_list = mmd_value_kind(values) == MMD_VALUE_ARRAY;
  mmd_status_t status = is_list ? NULL : MMD_ERROR(MMD_INVALID_ARGUMENT, "no list of values");
  for (size_t i = 0; i < mmd_array_size(steps) && i < MAX_STEPS && !status; ++i)
    status = run_step(mmd_array_at(steps, i), release, values);
  mmd_value_release(values);
  return status;
}
