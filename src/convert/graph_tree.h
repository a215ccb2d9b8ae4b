// SPDX-License-Identifier: Apache-2.0
//
// A graph as a tree of modules: which part of the model each node belongs to, and what parameters,
// costs and results the parts have.
//
// A node's module is its scope when the graph has one; else the path in front of the last '/' or
// '.' of its name ("/backbone/layer1/layer1.0/conv1/Conv" is in backbone.layer1.0.conv1); else that
// of the weights it uses ("conv1.weight"); else what the nodes before and behind it have in common.
#ifndef MMD_CONVERT_GRAPH_TREE_H_
#define MMD_CONVERT_GRAPH_TREE_H_

#include "convert/node_cost.h"

#define MMD_TREE_NONE ((size_t)-1)

typedef struct mmd_tree_item_t {
  const char *name;        // "conv1"
  const char *path;        // of modules: "backbone.conv1"; "" of the root
  const mmd_node_t *node;  // NULL = a module; a node may hold modules too: those of its bodies
  size_t parent, first_child, last_child, next;  // in the order of the nodes, or MMD_TREE_NONE
  int level;                                     // 0 = the root
  size_t node_count;                             // with those inside; so are all that follow
  uint64_t parameters;  // of initialisers and float arrays of Constant nodes, at the first user
  mmd_cost_t cost;      // of the nodes whose cost is known
  size_t unknown_costs;
  const mmd_edge_t *output;  // a result that is used outside: a module's last; or NULL
  size_t output_count;
} mmd_tree_item_t;

typedef struct mmd_graph_tree_t {
  mmd_graph_t *graph;
  size_t count, capacity;
  mmd_tree_item_t *items;  // items[0] is the root; Constant nodes, being values, have none
  mmd_arena_t arena;       // names and paths
} mmd_graph_tree_t;

// |graph| has inferred types and outlives the tree. Sets the |mark| of each node to its item (of
// Constant nodes: to their module).
mmd_status_t mmd_graph_tree_create(mmd_graph_t *graph, mmd_graph_tree_t *out_tree) MMD_MUST_USE;
void mmd_graph_tree_deinit(mmd_graph_tree_t *tree);

// The item that stands for |item| in a picture: modules of level |depth| are closed (negative = all
// are open), and so are nodes that hold bodies.
size_t mmd_graph_tree_visible(const mmd_graph_tree_t *tree, size_t item, int depth);

#endif  // MMD_CONVERT_GRAPH_TREE_H_
