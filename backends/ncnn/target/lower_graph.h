// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_NCNN_TARGET_LOWER_GRAPH_H_
#define MMD_BACKENDS_NCNN_TARGET_LOWER_GRAPH_H_

#include "backends/ncnn/target/lower.h"

// The blob of an edge; NULL where its node was refused. Constants become layers when asked for.
nc_blob_t *nc_graph_value(nc_lower_t *l, const mmd_edge_t *edge);
void nc_graph_bind(nc_lower_t *l, const mmd_edge_t *edge, nc_blob_t *blob);

#endif  // MMD_BACKENDS_NCNN_TARGET_LOWER_GRAPH_H_
