// SPDX-License-Identifier: Apache-2.0
//
// partition_config of a deploy config: a network with Mark nodes is cut into several nets.
#ifndef MMD_CONVERT_PARTITION_H_
#define MMD_CONVERT_PARTITION_H_

#include "graph/extract.h"
#include "value/value.h"

#define MMD_PARTITION_MAX_PARTS 8
#define MMD_PARTITION_MAX_MARKERS 8
#define MMD_PARTITION_MAX_NAMES 64

// One net, as an item of partition_cfg says it. Borrows from the config.
typedef struct mmd_partition_part_t {
  const char *save_file;
  size_t start_count, end_count, start_name_count, end_name_count;
  const char *start[MMD_PARTITION_MAX_MARKERS], *end[MMD_PARTITION_MAX_MARKERS];
  mmd_extract_rename_t start_names[MMD_PARTITION_MAX_NAMES], end_names[MMD_PARTITION_MAX_NAMES];
  const mmd_value_t *dynamic_axes;  // {name: {axis: label}}, or NULL
} mmd_partition_part_t;

typedef struct mmd_partition_t {
  const char *type;  // "" when the config gives none
  size_t count;      // 0: the network stays whole
  mmd_partition_part_t *parts;
  mmd_value_t *predefined;  // what |parts| borrow from when the list is a predefined one
} mmd_partition_t;

// The parts of |deploy_cfg|: its partition_cfg, else the code base's list for its type. No
// partition_config, or one without apply_marks, gives none. Messages name the config path.
mmd_status_t mmd_partition_read(const mmd_value_t *deploy_cfg,
                                mmd_partition_t *out_partition) MMD_MUST_USE;
void mmd_partition_deinit(mmd_partition_t *partition);

// The part of |graph| (which stays as it is) as a graph of its own, without Marks and Identity
// nodes, types inferred, with the names of the part's dynamic axes.
mmd_status_t mmd_partition_cut(const mmd_graph_t *graph, const mmd_partition_part_t *part,
                               mmd_graph_t **out_net) MMD_MUST_USE;

// A graph with the inputs of |graph| that computes the inputs of |net|, which the part of it is.
mmd_status_t mmd_partition_feeder(const mmd_graph_t *graph, const mmd_partition_part_t *part,
                                  const mmd_graph_t *net, mmd_graph_t **out_feeder) MMD_MUST_USE;

// Types of all edges, also of those behind Marks.
mmd_status_t mmd_partition_infer(mmd_graph_t *graph) MMD_MUST_USE;

// Gives axes of the inputs their labels, infers all types again, and labels those axes of outputs
// that have no fixed size. |dynamic_axes| may be NULL.
mmd_status_t mmd_partition_label(mmd_graph_t *graph, const mmd_value_t *dynamic_axes) MMD_MUST_USE;

#endif  // MMD_CONVERT_PARTITION_H_
