// SPDX-License-Identifier: Apache-2.0
//
// How a tensor lies in a mat, which has one to four axes and no batch. The batch, over which the
// runtime walks, is left out wherever it stands, and a first axis of size 1 where more axes follow;
// where still more than four are there, other axes of size 1 are too. What has more yet lies flat,
// as one axis.
#ifndef MMD_BACKENDS_NCNN_TARGET_FORM_H_
#define MMD_BACKENDS_NCNN_TARGET_FORM_H_

#include "backends/ncnn/meta.h"
#include "graph/graph.h"

typedef struct nc_form_t {
  int rank;  // of the tensor
  bool is_flat;
  int count;                                 // axes of the mat
  int axes[MMD_NCNN_MAX_AXES];               // of the tensor, outermost first; -1 = none
  const mmd_dim_t *dims[MMD_NCNN_MAX_AXES];  // their sizes; NULL where flat
} nc_form_t;

// |batch| may be NULL. False when the rank is not known.
bool nc_form_of(mmd_graph_t *graph, const mmd_type_t *type, const mmd_dim_t *batch,
                nc_form_t *out_form);
// The mat's axis for an axis of the tensor (negative counts from the end), or -1 where it is left
// out.
int nc_form_axis(const nc_form_t *form, int64_t axis);
// Same sizes on the same number of axes.
bool nc_form_fits(const nc_form_t *form, int count, const mmd_dim_t *const *dims);

// The size by which the network may be run item by item: the first size of inputs and outputs, when
// all that comes from them has it once, as it is. NULL when there is none.
const mmd_dim_t *nc_find_batch(const mmd_graph_t *graph);

#endif  // MMD_BACKENDS_NCNN_TARGET_FORM_H_
