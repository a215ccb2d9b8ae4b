// SPDX-License-Identifier: Apache-2.0
//
// All lowerings, in three lists. $0, $1 … in an expression are the node's inputs.
#ifndef MMD_BACKENDS_TORCHSCRIPT_TARGET_LOWER_TABLE_H_
#define MMD_BACKENDS_TORCHSCRIPT_TARGET_LOWER_TABLE_H_

#include "backends/torchscript/target/lower.h"

// X(operator of ai.onnx, oldest version, expression)
#define MMD_TS_EXPRESSIONS(X)                                    \
  X("Abs", 6, "torch.abs($0)")                                   \
  X("Acos", 7, "torch.acos($0)")                                 \
  X("Acosh", 9, "torch.acosh($0)")                               \
  X("Add", 7, "torch.add($0, $1)")                               \
  X("And", 7, "torch.logical_and($0, $1)")                       \
  X("Asin", 7, "torch.asin($0)")                                 \
  X("Asinh", 9, "torch.asinh($0)")                               \
  X("Atan", 7, "torch.atan($0)")                                 \
  X("Atanh", 9, "torch.atanh($0)")                               \
  X("BitwiseAnd", 18, "torch.bitwise_and($0, $1)")               \
  X("BitwiseNot", 18, "torch.bitwise_not($0)")                   \
  X("BitwiseOr", 18, "torch.bitwise_or($0, $1)")                 \
  X("BitwiseXor", 18, "torch.bitwise_xor($0, $1)")               \
  X("Ceil", 6, "torch.ceil($0)")                                 \
  X("Cos", 7, "torch.cos($0)")                                   \
  X("Cosh", 9, "torch.cosh($0)")                                 \
  X("Det", 11, "torch.det($0)")                                  \
  X("Equal", 7, "torch.eq($0, $1)")                              \
  X("Erf", 9, "torch.erf($0)")                                   \
  X("Exp", 6, "torch.exp($0)")                                   \
  X("Floor", 6, "torch.floor($0)")                               \
  X("Greater", 7, "torch.gt($0, $1)")                            \
  X("GreaterOrEqual", 12, "torch.ge($0, $1)")                    \
  X("HardSwish", 14, "torch.hardswish($0)")                      \
  X("IsNaN", 9, "torch.isnan($0)")                               \
  X("Less", 7, "torch.lt($0, $1)")                               \
  X("LessOrEqual", 12, "torch.le($0, $1)")                       \
  X("Log", 6, "torch.log($0)")                                   \
  X("MatMul", 1, "torch.matmul($0, $1)")                         \
  X("Mish", 18, "torch.mish($0)")                                \
  X("Mul", 7, "torch.mul($0, $1)")                               \
  X("Neg", 6, "torch.neg($0)")                                   \
  X("NonZero", 9, "torch.t(torch.nonzero($0))")                  \
  X("Not", 1, "torch.logical_not($0)")                           \
  X("Or", 7, "torch.logical_or($0, $1)")                         \
  X("Reciprocal", 6, "torch.reciprocal($0)")                     \
  X("Relu", 6, "torch.relu($0)")                                 \
  X("Round", 11, "torch.round($0)")                              \
  X("Sigmoid", 6, "torch.sigmoid($0)")                           \
  X("Sign", 9, "torch.sign($0)")                                 \
  X("Sin", 7, "torch.sin($0)")                                   \
  X("Sinh", 9, "torch.sinh($0)")                                 \
  X("Size", 1, "torch.tensor(torch.numel($0), dtype=4)")         \
  X("Softplus", 1, "torch.softplus($0)")                         \
  X("Softsign", 1, "torch.div($0, torch.add(torch.abs($0), 1))") \
  X("Sqrt", 6, "torch.sqrt($0)")                                 \
  X("Sub", 7, "torch.sub($0, $1)")                               \
  X("Tan", 7, "torch.tan($0)")                                   \
  X("Tanh", 6, "torch.tanh($0)")                                 \
  X("Where", 9, "torch.where($0, $1, $2)")                       \
  X("Xor", 7, "torch.logical_xor($0, $1)")

// X(operator of ai.onnx, oldest version, function without its prefix, note)
#define MMD_TS_LOWERINGS(X)                                            \
  X("AffineGrid", 20, affine_grid, "")                                 \
  X("ArgMax", 1, arg_max, "")                                          \
  X("ArgMin", 1, arg_max, "")                                          \
  X("AveragePool", 1, average_pool, "1 to 3 spatial axes")             \
  X("BatchNormalization", 9, batch_norm, "inference")                  \
  X("BitShift", 11, bit_shift, "")                                     \
  X("Cast", 6, cast, "")                                               \
  X("CastLike", 15, cast_like, "")                                     \
  X("Celu", 12, celu, "")                                              \
  X("Clip", 11, clip, "")                                              \
  X("Compress", 9, compress, "")                                       \
  X("Concat", 4, concat, "")                                           \
  X("Constant", 1, constant, "tensors and numbers")                    \
  X("ConstantOfShape", 9, constant_of_shape, "")                       \
  X("Conv", 1, conv, "1 to 3 spatial axes")                            \
  X("ConvInteger", 10, conv_integer, "")                               \
  X("ConvTranspose", 1, conv_transpose, "1 to 3 spatial axes")         \
  X("CumSum", 11, cum_sum, "")                                         \
  X("DeformConv", 19, deform_conv, "")                                 \
  X("DepthToSpace", 1, depth_to_space, "")                             \
  X("DequantizeLinear", 10, dequantize_linear, "no blocks")            \
  X("Div", 7, div, "")                                                 \
  X("Dropout", 7, dropout, "inference")                                \
  X("DynamicQuantizeLinear", 11, dynamic_quantize_linear, "")          \
  X("Einsum", 12, einsum, "")                                          \
  X("Elu", 6, elu, "")                                                 \
  X("Expand", 8, expand, "")                                           \
  X("EyeLike", 9, eye_like, "")                                        \
  X("Flatten", 1, flatten, "")                                         \
  X("GRU", 7, gru, "")                                                 \
  X("Gather", 1, gather, "")                                           \
  X("GatherElements", 11, gather_elements, "")                         \
  X("GatherND", 11, gather_nd, "")                                     \
  X("Gelu", 20, gelu, "")                                              \
  X("Gemm", 7, gemm, "")                                               \
  X("GlobalAveragePool", 1, global_pool, "")                           \
  X("GlobalMaxPool", 1, global_pool, "")                               \
  X("GridSample", 16, grid_sample, "2 or 3 spatial axes")              \
  X("GroupNormalization", 18, group_norm, "")                          \
  X("HardSigmoid", 6, hard_sigmoid, "")                                \
  X("Hardmax", 13, hardmax, "")                                        \
  X("Identity", 1, identity, "")                                       \
  X("If", 1, if, "")                                                   \
  X("InstanceNormalization", 6, instance_norm, "")                     \
  X("IsInf", 10, is_inf, "")                                           \
  X("LRN", 1, lrn, "")                                                 \
  X("LSTM", 7, lstm, "")                                               \
  X("LayerNormalization", 17, layer_norm, "")                          \
  X("LeakyRelu", 6, leaky_relu, "")                                    \
  X("LogSoftmax", 13, softmax, "")                                     \
  X("Loop", 1, loop, "")                                               \
  X("LpNormalization", 1, lp_norm, "")                                 \
  X("LpPool", 2, lp_pool, "")                                          \
  X("MatMulInteger", 10, matmul_integer, "")                           \
  X("Max", 8, fold, "")                                                \
  X("MaxPool", 1, max_pool, "1 to 3 spatial axes")                     \
  X("Mean", 8, fold, "")                                               \
  X("MeanVarianceNormalization", 9, mean_variance_norm, "")            \
  X("Min", 8, fold, "")                                                \
  X("Mod", 10, mod, "")                                                \
  X("NonMaxSuppression", 10, nms, "")                                  \
  X("OneHot", 9, one_hot, "")                                          \
  X("PRelu", 7, prelu, "")                                             \
  X("Pad", 2, pad, "")                                                 \
  X("Pow", 7, pow, "")                                                 \
  X("QLinearConv", 10, qlinear_conv, "")                               \
  X("QLinearMatMul", 10, qlinear_matmul, "")                           \
  X("QuantizeLinear", 10, quantize_linear, "8 and 16 bits, no blocks") \
  X("RNN", 7, rnn, "")                                                 \
  X("Range", 11, range, "")                                            \
  X("ReduceL1", 1, reduce, "")                                         \
  X("ReduceL2", 1, reduce, "")                                         \
  X("ReduceLogSum", 1, reduce, "")                                     \
  X("ReduceLogSumExp", 1, reduce, "")                                  \
  X("ReduceMax", 1, reduce, "")                                        \
  X("ReduceMean", 1, reduce, "")                                       \
  X("ReduceMin", 1, reduce, "")                                        \
  X("ReduceProd", 1, reduce, "")                                       \
  X("ReduceSum", 1, reduce, "")                                        \
  X("ReduceSumSquare", 1, reduce, "")                                  \
  X("Reshape", 5, reshape, "")                                         \
  X("Resize", 11, resize, "")                                          \
  X("ReverseSequence", 10, reverse_sequence, "")                       \
  X("RoiAlign", 10, roi_align, "avg")                                  \
  X("ScatterElements", 11, scatter_elements, "")                       \
  X("ScatterND", 11, scatter_nd, "")                                   \
  X("Selu", 6, selu, "")                                               \
  X("Shape", 1, shape, "")                                             \
  X("Shrink", 9, shrink, "")                                           \
  X("Slice", 10, slice, "")                                            \
  X("Softmax", 13, softmax, "")                                        \
  X("SpaceToDepth", 1, space_to_depth, "")                             \
  X("Split", 2, split, "")                                             \
  X("Squeeze", 1, squeeze, "")                                         \
  X("Sum", 8, fold, "")                                                \
  X("ThresholdedRelu", 10, thresholded_relu, "")                       \
  X("Tile", 6, tile, "")                                               \
  X("TopK", 10, top_k, "")                                             \
  X("Transpose", 1, transpose, "")                                     \
  X("Trilu", 14, trilu, "")                                            \
  X("Unsqueeze", 1, unsqueeze, "")

// X(domain, operator, function without its prefix, note)
#define MMD_TS_CUSTOM_LOWERINGS(X)                                           \
  X("mmcv", "MMCVDeformConv2d", mmcv_deform_conv, "")                        \
  X("mmcv", "MMCVModulatedDeformConv2d", mmcv_modulated_deform_conv, "")     \
  X("mmcv", "MMCVRoIAlign", mmcv_roi_align, "")                              \
  X("mmcv", "MMCVRoIAlignRotated", mmcv_roi_align_rotated, "")               \
  X("mmcv", "MMCVRoiAlign", mmcv_roi_align, "")                              \
  X("mmcv", "grid_sampler", mmcv_grid_sampler, "")                           \
  X("mmdeploy", "MMCVDeformConv2d", mmcv_deform_conv, "")                    \
  X("mmdeploy", "MMCVModulatedDeformConv2d", mmcv_modulated_deform_conv, "") \
  X("mmdeploy", "MMCVRoIAlign", mmcv_roi_align, "")                          \
  X("mmdeploy", "MMCVRoiAlign", mmcv_roi_align, "")                          \
  X("mmdeploy", "MMCVRoIAlignRotated", mmcv_roi_align_rotated, "")           \
  X("mmdeploy", "NMSRotated", nms_rotated, "")                               \
  X("mmdeploy", "grid_sampler", mmcv_grid_sampler, "")

// Some functions serve several operators, so this repeats declarations.
#define MMD_TS_DECLARE(name, version, function, note) void ts_lower_##function(ts_lower_t *l);
MMD_TS_LOWERINGS(MMD_TS_DECLARE)
#undef MMD_TS_DECLARE
#define MMD_TS_DECLARE(domain, name, function, note) void ts_lower_##function(ts_lower_t *l);
MMD_TS_CUSTOM_LOWERINGS(MMD_TS_DECLARE)
#undef MMD_TS_DECLARE

// The operators as the target's table has them.
#define MMD_TS_ONE_EXPRESSION(name, version, expression) +1
#define MMD_TS_ONE_LOWERING(first, second, third, fourth) +1
enum {
  MMD_TS_OP_COUNT = 0 MMD_TS_EXPRESSIONS(MMD_TS_ONE_EXPRESSION)
      MMD_TS_LOWERINGS(MMD_TS_ONE_LOWERING) MMD_TS_CUSTOM_LOWERINGS(MMD_TS_ONE_LOWERING)
};
#undef MMD_TS_ONE_EXPRESSION
#undef MMD_TS_ONE_LOWERING
extern const mmdeploy_target_op_t mmd_ts_ops[MMD_TS_OP_COUNT];

// The convolution that the node's attributes describe; input |weights| has the kernel's sizes.
const char *ts_conv(ts_lower_t *l, size_t weights, const char *x, const char *weight,
                    const char *bias);

// Lowers l->node.
void ts_lower_node(ts_lower_t *l);

#endif  // MMD_BACKENDS_TORCHSCRIPT_TARGET_LOWER_TABLE_H_
