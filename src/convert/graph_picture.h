// SPDX-License-Identifier: Apache-2.0
//
// Pictures of a graph: boxes are nodes or closed modules, arrows what flows between them. Nodes
// that compute nothing but sizes are left out. When there are many boxes, nodes of a module that
// follow each other without a branch become one box.
#ifndef MMD_CONVERT_GRAPH_PICTURE_H_
#define MMD_CONVERT_GRAPH_PICTURE_H_

#include "convert/graph_tree.h"

enum {
  MMD_PICTURE_LINES = 4,
  MMD_PICTURE_BOXES = 200,  // that a picture has at most when it may choose the depth
};

typedef enum mmd_picture_kind_t {
  MMD_PICTURE_PORT,  // input or output of the graph
  MMD_PICTURE_MODULE,
  MMD_PICTURE_PRODUCT,  // convolutions, matrix products, attention
  MMD_PICTURE_NORM,
  MMD_PICTURE_ACTIVATION,
  MMD_PICTURE_POOL,  // pooling, reductions, resizing
  MMD_PICTURE_MATH,
  MMD_PICTURE_SHAPE,  // what only moves data
  MMD_PICTURE_CONTROL,
  MMD_PICTURE_OTHER,
  MMD_PICTURE_KIND_COUNT
} mmd_picture_kind_t;

typedef struct mmd_picture_box_t {
  size_t item;  // of the tree, or MMD_TREE_NONE for ports
  mmd_picture_kind_t kind;
  char *lines[MMD_PICTURE_LINES];  // the first is the title; NULL = none
  char *detail;                    // the whole path or name, for a hint
} mmd_picture_box_t;

typedef struct mmd_picture_arrow_t {
  size_t from, to;         // boxes
  const mmd_edge_t *edge;  // one of those that flow there
  size_t count;            // how many do
} mmd_picture_arrow_t;

typedef struct mmd_picture_t {
  mmd_graph_tree_t tree;
  int depth;
  size_t box_count, box_capacity;
  mmd_picture_box_t *boxes;  // in the order of the nodes: inputs first, outputs last
  size_t arrow_count, arrow_capacity;
  mmd_picture_arrow_t *arrows;  // none from a box to itself, one from a box to another
} mmd_picture_t;

// Modules of level |depth| are closed; negative: the deepest that gives at most MMD_PICTURE_BOXES
// boxes. |graph| has inferred types and outlives the picture.
mmd_status_t mmd_picture_create(mmd_graph_t *graph, int depth,
                                mmd_picture_t *out_picture) MMD_MUST_USE;
void mmd_picture_deinit(mmd_picture_t *picture);

// The whole file; appends.
mmd_status_t mmd_picture_write_dot(const mmd_picture_t *picture, mmd_str_t *out) MMD_MUST_USE;
mmd_status_t mmd_picture_write_svg(const mmd_picture_t *picture, mmd_str_t *out) MMD_MUST_USE;

// Steps of mmd_picture_create. Arrows of the same ends become one; chains become one box.
void mmd_picture_merge_arrows(mmd_picture_t *picture);
mmd_status_t mmd_picture_join_chains(mmd_picture_t *picture) MMD_MUST_USE;

// "#rrggbb" of a kind's boxes.
const char *mmd_picture_colour(mmd_picture_kind_t kind);

#endif  // MMD_CONVERT_GRAPH_PICTURE_H_
