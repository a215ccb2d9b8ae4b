// SPDX-License-Identifier: Apache-2.0
#include "graph/tensor_info.h"

#include <string.h>

bool mmd_edge_tensor_info(const mmd_edge_t *edge, mmdeploy_plugin_tensor_info_t *out_info) {
  const mmd_type_t *type = &edge->type;
  memset(out_info, 0, sizeof *out_info);
  if (type->kind != MMD_TYPE_TENSOR) return false;
  out_info->name = edge->name;
  out_info->dtype = (int32_t)type->dtype;
  out_info->rank = type->has_rank ? type->rank : -1;
  for (int i = 0; i < out_info->rank; ++i) {
    const mmd_dim_t *dim = type->dims[i];
    out_info->dims[i] = mmd_dim_number(dim);
    if (dim->kind == MMD_DIM_SYMBOL) out_info->dim_names[i] = dim->symbol;
  }
  return true;
}
