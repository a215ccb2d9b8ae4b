// SPDX-License-Identifier: Apache-2.0
#include "base/alloc.h"
#include "ops/op.h"

// Sequences of sequences do nest, but no deeper than types do; files cannot make them deeper than
// their nodes, and each level costs a node that ran.
void mmd_datum_deinit(mmd_datum_t *datum) {
  mmd_tensor_deinit(&datum->tensor);
  for (size_t i = 0; i < datum->item_count; ++i) mmd_datum_deinit(&datum->items[i]);
  mmd_free(datum->items);
  *datum = (mmd_datum_t){0};
}

mmd_status_t mmd_datum_copy(const mmd_datum_t *datum, mmd_datum_t *out_datum) {
  *out_datum = (mmd_datum_t){.kind = datum->kind};
  if (datum->item_count > 0) {
    out_datum->items = mmd_alloc_array(datum->item_count, sizeof *out_datum->items);
    if (!out_datum->items) {
      *out_datum = (mmd_datum_t){0};
      return mmd_status_no_memory();
    }
  }
  for (size_t i = 0; i < datum->item_count; ++i) {
    mmd_status_t status = mmd_datum_copy(&datum->items[i], &out_datum->items[i]);
    if (status) {
      mmd_datum_deinit(out_datum);
      return status;
    }
    out_datum->item_count = i + 1;
  }
  out_datum->tensor = mmd_tensor_retain(&datum->tensor);
  return NULL;
}
