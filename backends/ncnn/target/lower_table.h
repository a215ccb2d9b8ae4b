// SPDX-License-Identifier: Apache-2.0
//
// All lowerings. X(domain, operator, oldest version, function without its prefix, how many of the
// first inputs are data, note); the inputs behind them are sizes and the like, which must be
// constant or follow from the types.
#ifndef MMD_BACKENDS_NCNN_TARGET_LOWER_TABLE_H_
#define MMD_BACKENDS_NCNN_TARGET_LOWER_TABLE_H_

#include "backends/ncnn/target/lower.h"
#include "mmdeploy/plugin/target.h"

#define MMD_NCNN_LOWERINGS(X)                                                           \
  X("", "Abs", 6, unary, 1, "")                                                         \
  X("", "Acos", 7, unary, 1, "")                                                        \
  X("", "Acosh", 9, unary, 1, "")                                                       \
  X("", "Add", 7, binary, 2, "")                                                        \
  X("", "And", 7, binary, 2, "")                                                        \
  X("", "ArgMax", 1, arg, 1, "custom layer TopK")                                       \
  X("", "ArgMin", 1, arg, 1, "custom layer TopK")                                       \
  X("", "Asin", 7, unary, 1, "")                                                        \
  X("", "Asinh", 9, unary, 1, "")                                                       \
  X("", "Atan", 7, unary, 1, "")                                                        \
  X("", "Atanh", 9, unary, 1, "")                                                       \
  X("", "AveragePool", 1, pool, 1, "1 or 2 spatial axes, no dilations")                 \
  X("", "BatchNormalization", 9, batch_norm, 1, "inference, constant parameters")       \
  X("", "Cast", 6, cast, 1, "all numbers are computed as f32")                          \
  X("", "CastLike", 15, cast, 1, "all numbers are computed as f32")                     \
  X("", "Ceil", 6, unary, 1, "")                                                        \
  X("", "Celu", 12, activation, 1, "")                                                  \
  X("", "Clip", 11, clip, 1, "constant limits")                                         \
  X("", "Concat", 4, concat, 99, "not along the batch")                                 \
  X("", "Constant", 1, constant, 0, "tensors")                                          \
  X("", "ConstantOfShape", 9, constant_of_shape, 0, "sizes above 0")                    \
  X("", "Conv", 1, conv, 1, "1 to 3 spatial axes, constant weights")                    \
  X("", "ConvTranspose", 1, conv_transpose, 1, "1 or 2 spatial axes, constant weights") \
  X("", "Cos", 7, unary, 1, "")                                                         \
  X("", "Cosh", 9, unary, 1, "")                                                        \
  X("", "CumSum", 11, cum_sum, 1, "forward, inclusive")                                 \
  X("", "DeformConv", 19, deform_conv, 99, "one picture")                               \
  X("", "DepthToSpace", 1, depth_to_space, 1, "")                                       \
  X("", "Div", 7, binary, 2, "")                                                        \
  X("", "Dropout", 7, identity, 1, "inference")                                         \
  X("", "Einsum", 12, einsum, 99, "")                                                   \
  X("", "Elu", 6, activation, 1, "")                                                    \
  X("", "Equal", 7, binary, 2, "")                                                      \
  X("", "Erf", 9, activation, 1, "")                                                    \
  X("", "Exp", 6, unary, 1, "")                                                         \
  X("", "Expand", 8, expand, 1, "")                                                     \
  X("", "Flatten", 1, reshape, 1, "")                                                   \
  X("", "Floor", 6, unary, 1, "")                                                       \
  X("", "GRU", 7, gru, 99, "one sequence, linear_before_reset")                         \
  X("", "Gather", 1, gather, 2, "not along the batch")                                  \
  X("", "GatherElements", 11, gather_elements, 2, "custom layer, not along the batch")  \
  X("", "Gelu", 20, gelu, 1, "")                                                        \
  X("", "Gemm", 7, gemm, 3, "")                                                         \
  X("", "GlobalAveragePool", 1, global_pool, 1, "")                                     \
  X("", "GlobalMaxPool", 1, global_pool, 1, "")                                         \
  X("", "Greater", 7, binary, 2, "")                                                    \
  X("", "GreaterOrEqual", 12, binary, 2, "")                                            \
  X("", "GridSample", 16, grid_sample, 2, "2 spatial axes")                             \
  X("", "GroupNormalization", 18, group_norm, 1, "constant parameters")                 \
  X("", "HardSigmoid", 6, activation, 1, "")                                            \
  X("", "HardSwish", 14, activation, 1, "")                                             \
  X("", "Identity", 1, identity, 1, "")                                                 \
  X("", "InstanceNormalization", 6, instance_norm, 1, "constant parameters")            \
  X("", "LRN", 1, lrn, 1, "")                                                           \
  X("", "LSTM", 7, lstm, 99, "one sequence, no peepholes")                              \
  X("", "LayerNormalization", 17, layer_norm, 1, "constant parameters, one output")     \
  X("", "LeakyRelu", 6, leaky_relu, 1, "")                                              \
  X("", "Less", 7, binary, 2, "")                                                       \
  X("", "LessOrEqual", 12, binary, 2, "")                                               \
  X("", "Log", 6, unary, 1, "")                                                         \
  X("", "LogSoftmax", 13, softmax, 1, "")                                               \
  X("", "MatMul", 1, matmul, 2, "")                                                     \
  X("", "Max", 8, fold, 99, "")                                                         \
  X("", "MaxPool", 1, pool, 1, "1 or 2 spatial axes, no dilations, one output")         \
  X("", "Mean", 8, fold, 99, "")                                                        \
  X("", "Min", 8, fold, 99, "")                                                         \
  X("", "Mish", 18, activation, 1, "")                                                  \
  X("", "Mod", 10, binary, 2, "")                                                       \
  X("", "Mul", 7, binary, 2, "")                                                        \
  X("", "Neg", 6, unary, 1, "")                                                         \
  X("", "NonZero", 9, non_zero, 1, "custom layer, at least one element")                \
  X("", "Not", 1, not, 1, "")                                                           \
  X("", "OneHot", 9, one_hot, 1, "custom layer, constant depth and values")             \
  X("", "Or", 7, binary, 2, "")                                                         \
  X("", "PRelu", 7, prelu, 1, "constant slope")                                         \
  X("", "Pad", 2, pad, 1, "custom layer, where needed")                                 \
  X("", "Pow", 7, binary, 2, "")                                                        \
  X("", "RNN", 7, rnn, 99, "one sequence, Tanh")                                        \
  X("", "Range", 11, range, 3, "custom layer, at least one element")                    \
  X("", "Reciprocal", 6, unary, 1, "")                                                  \
  X("", "ReduceL1", 1, reduce, 1, "")                                                   \
  X("", "ReduceL2", 1, reduce, 1, "")                                                   \
  X("", "ReduceLogSum", 1, reduce, 1, "")                                               \
  X("", "ReduceLogSumExp", 1, reduce, 1, "")                                            \
  X("", "ReduceMax", 1, reduce, 1, "")                                                  \
  X("", "ReduceMean", 1, reduce, 1, "")                                                 \
  X("", "ReduceMin", 1, reduce, 1, "")                                                  \
  X("", "ReduceProd", 1, reduce, 1, "")                                                 \
  X("", "ReduceSum", 1, reduce, 1, "")                                                  \
  X("", "ReduceSumSquare", 1, reduce, 1, "")                                            \
  X("", "Relu", 6, relu, 1, "")                                                         \
  X("", "Reshape", 5, reshape, 1, "")                                                   \
  X("", "Resize", 10, resize, 1, "height and width; the coordinates that ncnn has")     \
  X("", "RoiAlign", 10, roi_align, 3, "custom layer")                                   \
  X("", "Round", 11, unary, 1, "")                                                      \
  X("", "Selu", 6, activation, 1, "")                                                   \
  X("", "Shape", 1, shape, 1, "custom layer, where no size alone is computed from it")  \
  X("", "Sigmoid", 6, activation, 1, "")                                                \
  X("", "Sign", 9, unary, 1, "")                                                        \
  X("", "Sin", 7, unary, 1, "")                                                         \
  X("", "Sinh", 9, unary, 1, "")                                                        \
  X("", "Slice", 1, slice, 1, "")                                                       \
  X("", "Softmax", 13, softmax, 1, "")                                                  \
  X("", "Softplus", 1, activation, 1, "")                                               \
  X("", "Softsign", 1, softsign, 1, "")                                                 \
  X("", "SpaceToDepth", 1, space_to_depth, 1, "")                                       \
  X("", "Split", 2, split, 1, "")                                                       \
  X("", "Sqrt", 6, unary, 1, "")                                                        \
  X("", "Squeeze", 1, reshape, 1, "")                                                   \
  X("", "Sub", 7, binary, 2, "")                                                        \
  X("", "Sum", 8, fold, 99, "")                                                         \
  X("", "Tan", 7, unary, 1, "")                                                         \
  X("", "Tanh", 6, activation, 1, "")                                                   \
  X("", "ThresholdedRelu", 10, thresholded_relu, 1, "")                                 \
  X("", "Tile", 6, tile, 1, "constant repeats")                                         \
  X("", "TopK", 10, top_k, 2, "custom layer")                                           \
  X("", "Transpose", 1, transpose, 1, "")                                               \
  X("", "Unsqueeze", 1, reshape, 1, "")                                                 \
  X("", "Where", 9, where, 3, "custom layer")                                           \
  X("", "Xor", 7, binary, 2, "")                                                        \
  X("mmcv", "grid_sampler", 1, grid_sample, 2, "")                                      \
  X("mmcv", "MMCVDeformConv2d", 1, deform_conv, 99, "one picture")                      \
  X("mmcv", "MMCVModulatedDeformConv2d", 1, deform_conv, 99, "one picture")             \
  X("mmcv", "MMCVRoIAlign", 1, roi_align, 2, "custom layer")                            \
  X("mmcv", "MMCVRoIAlignRotated", 1, roi_align, 2, "custom layer")                     \
  X("mmcv", "MMCVRoiAlign", 1, roi_align, 2, "custom layer")                            \
  X("mmdeploy", "DetectionOutput", 1, detection_output, 3, "")                          \
  X("mmdeploy", "GridPriors", 1, grid_priors, 1, "one picture")                         \
  X("mmdeploy", "MMCVDeformConv2d", 1, deform_conv, 99, "one picture")                  \
  X("mmdeploy", "MMCVModulatedDeformConv2d", 1, deform_conv, 99, "one picture")         \
  X("mmdeploy", "MMCVMultiLevelRoiAlign", 1, roi_align, 99, "custom layer")             \
  X("mmdeploy", "MMCVMultiLevelRotatedRoiAlign", 1, roi_align, 99, "custom layer")      \
  X("mmdeploy", "MMCVRoIAlign", 1, roi_align, 2, "custom layer")                        \
  X("mmdeploy", "MMCVRoIAlignRotated", 1, roi_align, 2, "custom layer")                 \
  X("mmdeploy", "MMCVRoiAlign", 1, roi_align, 2, "custom layer")                        \
  X("mmdeploy", "PriorBox", 1, prior_box, 1, "")                                        \
  X("mmdeploy", "Yolov3DetectionOutput", 1, yolov3_detection_output, 16, "")            \
  X("mmdeploy", "grid_sampler", 1, grid_sample, 2, "")                                  \
  X("mmdeploy", "MultiClassNMS", 1, multi_class_nms, 2, "custom layer, one picture")

#define MMD_NCNN_DECLARE(domain, name, version, function, data, note) \
  void nc_lower_##function(nc_lower_t *l);
MMD_NCNN_LOWERINGS(MMD_NCNN_DECLARE)
#undef MMD_NCNN_DECLARE

// The operators as the target's table has them.
#define MMD_NCNN_ONE_MORE(domain, name, version, function, data, note) +1
enum { MMD_NCNN_OP_COUNT = 0 MMD_NCNN_LOWERINGS(MMD_NCNN_ONE_MORE) };
#undef MMD_NCNN_ONE_MORE
extern const mmdeploy_target_op_t mmd_ncnn_ops[MMD_NCNN_OP_COUNT];

// The function for a node's operator, or NULL.
nc_lowering_fn nc_lowering_find(const mmd_node_t *node);
// Input |i| is computed; others are sizes and the like.
bool nc_lowering_takes(const mmd_node_t *node, size_t i);

#endif  // MMD_BACKENDS_NCNN_TARGET_LOWER_TABLE_H_
