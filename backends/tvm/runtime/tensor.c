// SPDX-License-Identifier: Apache-2.0
#include "backends/tvm/runtime/tensor.h"

#include <string.h>

#include "base/alloc.h"

enum { ALIGNMENT = 64 };  // what compiled code takes for granted

typedef struct type_row_t {
  int32_t dtype;
  uint8_t code, bits;  // 0 signed, 1 unsigned, 2 float, 4 bfloat, 6 bool
} type_row_t;

static const type_row_t g_types[] = {
    {MMDEPLOY_PLUGIN_F32, 2, 32}, {MMDEPLOY_PLUGIN_F64, 2, 64}, {MMDEPLOY_PLUGIN_F16, 2, 16},
    {MMDEPLOY_PLUGIN_I8, 0, 8},   {MMDEPLOY_PLUGIN_I16, 0, 16}, {MMDEPLOY_PLUGIN_I32, 0, 32},
    {MMDEPLOY_PLUGIN_I64, 0, 64}, {MMDEPLOY_PLUGIN_U8, 1, 8},   {MMDEPLOY_PLUGIN_U16, 1, 16},
    {MMDEPLOY_PLUGIN_U32, 1, 32}, {MMDEPLOY_PLUGIN_U64, 1, 64}, {MMDEPLOY_PLUGIN_BF16, 4, 16},
    {MMDEPLOY_PLUGIN_BOOL, 6, 8}, {MMDEPLOY_PLUGIN_BOOL, 1, 1},
};

static const type_row_t *type_of(int32_t dtype) {
  for (size_t i = 0; i < sizeof g_types / sizeof *g_types; ++i) {
    if (g_types[i].dtype == dtype) return &g_types[i];
  }
  return NULL;
}

int32_t tvm_dtype_of(const tvm_dl_tensor_t *tensor) {
  for (size_t i = 0; i < sizeof g_types / sizeof *g_types; ++i) {
    if (g_types[i].code == tensor->code && g_types[i].bits == tensor->bits) return g_types[i].dtype;
  }
  return 0;
}

const tvm_dl_tensor_t *tvm_tensor_of(const tvm_value_t *value) {
  return (const tvm_dl_tensor_t *)((const tvm_object_t *)value->v.object + 1);
}

// A tensor with its sizes and numbers, in one block that TVM hands back when it has done with it.
typedef struct block_t {
  tvm_managed_t managed;
  int64_t dims[MMDEPLOY_PLUGIN_MAX_RANK];
} block_t;

static void free_block(tvm_managed_t *managed) {
  mmd_free(managed->context);
}

static mmd_status_t make_block(const mmdeploy_run_tensor_t *from, tvm_managed_t **out_managed) {
  const type_row_t *type = type_of(from->dtype);
  if (!type) return MMD_ERROR(MMD_NOT_SUPPORTED, "TVM: element type %d", (int)from->dtype);
  block_t *block = mmd_alloc(sizeof *block + from->byte_size + ALIGNMENT);
  MMD_TRY_ALLOC(block);
  const uintptr_t behind = (uintptr_t)(block + 1);
  char *data =
      (char *)block + ((behind + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - (uintptr_t)block);
  if (from->byte_size) memcpy(data, from->data, from->byte_size);
  memcpy(block->dims, from->dims, sizeof block->dims);
  block->managed = (tvm_managed_t){
      .tensor = {.data = data,
                 .device_type = 1,
                 .rank = from->rank,
                 .code = type->code,
                 .bits = type->bits,
                 .lanes = 1,
                 .dims = block->dims},
      .context = block,
      .deleter = free_block,
  };
  *out_managed = &block->managed;
  return NULL;
}

mmd_status_t tvm_tensor_create(const tvm_library_t *library, const mmdeploy_run_tensor_t *from,
                               tvm_value_t *out_tensor) {
  tvm_managed_t *managed = NULL;
  MMD_TRY(make_block(from, &managed));
  if (library->from_dlpack(managed, 0, 1, &out_tensor->v.object) != 0) {
    free_block(managed);
    return tvm_failure(library, MMD_INVALID_ARGUMENT, "tensor");
  }
  out_tensor->kind = TVM_TENSOR;
  return NULL;
}
