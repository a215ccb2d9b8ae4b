// SPDX-License-Identifier: Apache-2.0
//
// Heads for networks whose graph comes from elsewhere: such a network ends with numbers for each
// cell of its maps, and a head turns them into boxes, best first.
#ifndef MMD_FRONTENDS_ONNX_HEAD_HEAD_H_
#define MMD_FRONTENDS_ONNX_HEAD_HEAD_H_

#include "nn/multiclass_nms.h"
#include "value/options.h"

// What a network was found to be.
typedef struct mmd_onnx_head_plan_t {
  int64_t width, height;  // of the input; 0 = varies
  mmd_ints_t strides;     // of the maps
  int64_t cells;          // of all maps together; 0 = varies
  int64_t classes;
  mmd_edge_t *input, *output;
} mmd_onnx_head_plan_t;

typedef struct mmd_onnx_head_t {
  const char *type;    // "yolox"
  const char *model;   // what packages call the model
  const char *layout;  // the output that it takes, for messages and help
  mmd_ints_t strides;  // when the user names none
  // What such networks were trained with: order of the channels, divisor of all numbers, border.
  bool to_rgb;
  double std, pad_value;
  double score_threshold, iou_threshold;
  bool needs_size;  // height and width may not vary
  // How many classes an output [batch, a, b] of so many cells has; -1: it is not of this layout. A
  // size or |cells| that varies is -1.
  int64_t (*count_classes)(int64_t a, int64_t b, int64_t cells);
  // Boxes [batch, n, 4] in pixels of the input and scores [batch, n, classes].
  void (*decode)(mmd_builder_t *builder, const mmd_onnx_head_plan_t *plan, mmd_edge_t **out_boxes,
                 mmd_edge_t **out_scores);
} mmd_onnx_head_t;

extern const mmd_onnx_head_t mmd_onnx_head_yolox;
extern const mmd_onnx_head_t mmd_onnx_head_yolov8;

// NULL-terminated, in the order of mmd_onnx_head_names.
extern const mmd_onnx_head_t *const mmd_onnx_head_registry[];
extern const char *const mmd_onnx_head_names[];

// Finds the output that |head| takes, of a graph whose types are known. |plan| has the input with
// its size and the strides; cells, classes and output are filled in. What fits no layout is an
// error that names the outputs and what would be accepted.
mmd_status_t mmd_onnx_head_plan(const mmd_onnx_head_t *head, const mmd_graph_t *graph,
                                mmd_onnx_head_plan_t *plan) MMD_MUST_USE;

// Adds decode and suppression. The graph then has one input and the two outputs |names|: dets
// [batch, k, 5], labels [batch, k]; what only other outputs needed stays for a pass to remove.
// |test_cfg| and |post_processing| are what mmd_multiclass_nms_read takes.
mmd_status_t mmd_onnx_head_build(const mmd_onnx_head_t *head, mmd_graph_t *graph,
                                 const mmd_onnx_head_plan_t *plan, const mmd_value_t *test_cfg,
                                 const mmd_value_t *post_processing,
                                 const char *const names[2]) MMD_MUST_USE;

// Gives |edge| the name, which another edge may have had.
mmd_status_t mmd_onnx_head_rename(mmd_graph_t *graph, mmd_edge_t *edge,
                                  const char *name) MMD_MUST_USE;

#endif  // MMD_FRONTENDS_ONNX_HEAD_HEAD_H_
