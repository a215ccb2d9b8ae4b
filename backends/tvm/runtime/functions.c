// SPDX-License-Identifier: Apache-2.0
#include "backends/tvm/runtime/functions.h"

#include <string.h>

#include "backends/tvm/runtime/tensor.h"
#include "base/alloc.h"
#include "base/thread.h"

// The functions outlive the library that they were added by.
static mmd_mutex_t g_mutex = MMD_MUTEX_INIT;
static tvm_library_t g_library;

static int answer(mmd_status_t status) {
  if (!status) return 0;
  g_library.set_error("RuntimeError", mmd_status_message(status));
  mmd_status_free(status);
  return -1;
}

static mmd_status_t give(const int64_t *numbers, int32_t rank, const int64_t *dims, size_t count,
                         tvm_value_t *out_result) {
  mmdeploy_run_tensor_t tensor = {.dtype = MMDEPLOY_PLUGIN_I64,
                                  .rank = rank,
                                  .data = (void *)(uintptr_t)numbers,  // is only read
                                  .byte_size = count * sizeof *numbers};
  memcpy(tensor.dims, dims, (size_t)rank * sizeof *dims);
  return tvm_tensor_create(&g_library, &tensor, out_result);
}

//===--- sizes as a tensor -------------------------------------------------===//

static int shape_to_tensor(void *self, const tvm_value_t *arguments, int32_t count,
                           tvm_value_t *out_result) {
  (void)self;
  if (count != 1 || arguments->kind != TVM_SHAPE)
    return answer(MMD_ERROR(MMD_INVALID_ARGUMENT, "shape_to_tensor: a shape is expected"));
  const tvm_sizes_t *sizes = (const tvm_sizes_t *)((const tvm_object_t *)arguments->v.object + 1);
  const int64_t rank = (int64_t)sizes->size;
  return answer(give(sizes->data, 1, &rank, sizes->size, out_result));
}

//===--- places that are not zero ------------------------------------------===//

typedef struct places_t {
  const tvm_dl_tensor_t *tensor;
  const char *data;
  size_t total, found;
} places_t;

// All bits are zero, of floating-point numbers all but the sign.
static bool is_zero(const places_t *places, int64_t offset) {
  const size_t size = (size_t)(places->tensor->bits + 7) / 8;
  const unsigned char *bytes = (const unsigned char *)places->data + (size_t)offset * size;
  const bool is_float = places->tensor->code == 2 || places->tensor->code == 4;
  for (size_t i = 0; i + 1 < size; ++i) {
    if (bytes[i]) return false;
  }
  return (bytes[size - 1] & (is_float ? 0x7f : 0xff)) == 0;
}

// |index| becomes that of the next element; its offset from element 0.
static int64_t step(const tvm_dl_tensor_t *tensor, int64_t *index) {
  int64_t offset = 0, packed = 1;
  for (int i = tensor->rank - 1; i >= 0; --i) {
    if (++index[i] < tensor->dims[i]) break;
    index[i] = 0;
  }
  for (int i = tensor->rank - 1; i >= 0; --i) {
    offset += index[i] * (tensor->strides ? tensor->strides[i] : packed);
    packed *= tensor->dims[i];
  }
  return offset;
}

// Axis by axis the coordinates, when |numbers| is not NULL; counts them otherwise.
static void find(places_t *places, int64_t *numbers) {
  int64_t index[MMDEPLOY_PLUGIN_MAX_RANK] = {0}, offset = 0;
  size_t found = 0;
  for (size_t i = 0; i < places->total; ++i) {
    if (!is_zero(places, offset)) {
      for (int k = 0; numbers && k < places->tensor->rank; ++k)
        numbers[(size_t)k * places->found + found] = index[k];
      ++found;
    }
    offset = step(places->tensor, index);
  }
  places->found = found;
}

static mmd_status_t find_places(const tvm_dl_tensor_t *tensor, tvm_value_t *out_result) {
  places_t places = {tensor, (const char *)tensor->data + tensor->byte_offset, 1, 0};
  if (tensor->rank < 1 || tensor->rank > MMDEPLOY_PLUGIN_MAX_RANK)
    return MMD_ERROR(MMD_NOT_SUPPORTED, "nonzero: a tensor of rank %d", (int)tensor->rank);
  for (int i = 0; i < tensor->rank; ++i) places.total *= (size_t)tensor->dims[i];
  find(&places, NULL);
  const int64_t dims[] = {tensor->rank, (int64_t)places.found};
  const size_t count = (size_t)tensor->rank * places.found;
  int64_t *numbers = mmd_alloc_array(count ? count : 1, sizeof *numbers);
  MMD_TRY_ALLOC(numbers);
  find(&places, numbers);
  mmd_status_t status = give(numbers, 2, dims, count, out_result);
  mmd_free(numbers);
  return status;
}

static int nonzero(void *self, const tvm_value_t *arguments, int32_t count,
                   tvm_value_t *out_result) {
  (void)self;
  if (count != 1 || arguments->kind != TVM_TENSOR)
    return answer(MMD_ERROR(MMD_INVALID_ARGUMENT, "nonzero: a tensor is expected"));
  return answer(find_places(tvm_tensor_of(arguments), out_result));
}

//===--- registry ----------------------------------------------------------===//

static mmd_status_t add(const char *name, tvm_function_fn function) {
  const tvm_bytes_t bytes = {name, strlen(name)};
  void *known = NULL, *object = NULL;
  if (g_library.get_global(&bytes, &known) == 0 && known) {
    g_library.release(known);  // the Python package's, in its own process
    return NULL;
  }
  if (g_library.create_function(NULL, function, NULL, &object) != 0)
    return tvm_failure(&g_library, MMD_INTERNAL, name);
  const int code = g_library.set_global(&bytes, object, 0);
  g_library.release(object);
  return code ? tvm_failure(&g_library, MMD_INTERNAL, name) : NULL;
}

mmd_status_t tvm_functions_add(const tvm_library_t *library) {
  mmd_mutex_lock(&g_mutex);
  g_library = *library;
  mmd_status_t status = add("relax.run.shape_to_tensor", shape_to_tensor);
  if (!status) status = add("relax.run.nonzero", nonzero);
  mmd_mutex_unlock(&g_mutex);
  return status;
}
