// SPDX-License-Identifier: Apache-2.0
//
// What our .param files say behind their last layer, where ncnn does not read on: ncnn itself knows
// neither element types nor ranks nor the batch axis of inputs and outputs. One line, the mark and
// a JSON object:
//   {"inputs": [T …], "outputs": [T …]}
//   T = {"name": "images", "blob": "images", "dtype": "f32", "shape": ["n", 3, "h", "w"],
//        "axes": [1, 2, 3], "batched": true}
// Sizes that are strings are dynamic: equal strings are equal sizes, "" is a size of its own.
// |axes| says which axis of the tensor each axis of ncnn's mat is, outermost first; axes that are
// left out have size 1, or are the batch. "flat": true: the mat has one axis with all elements.
// "batched": true: the net is run for each item of the first axis.
#ifndef MMD_BACKENDS_NCNN_META_H_
#define MMD_BACKENDS_NCNN_META_H_

#define MMD_NCNN_META "#mmdeploy "
#define MMD_NCNN_MAGIC "7767517"

// Axes that a mat may have.
enum { MMD_NCNN_MAX_AXES = 4 };

// Operations of the custom layer Sizes: pairs of an operation and its operand.
enum {
  MMD_NCNN_SIZES_CONST,  // the operand
  MMD_NCNN_SIZES_AXIS,   // blob * MMD_NCNN_MAX_AXES + axis, outermost first
  MMD_NCNN_SIZES_ADD,
  MMD_NCNN_SIZES_MUL,
  MMD_NCNN_SIZES_FLOOR_DIV,
  MMD_NCNN_SIZES_CEIL_DIV,
  MMD_NCNN_SIZES_MIN,
  MMD_NCNN_SIZES_MAX,
  MMD_NCNN_SIZES_GIVE,  // the top of the stack is the next result
};
enum { MMD_NCNN_MAX_PROGRAM = 256 };  // pairs

#endif  // MMD_BACKENDS_NCNN_META_H_
