// SPDX-License-Identifier: Apache-2.0
//
// All lowerings. X(domain, operator, oldest version, function without its prefix, note).
#ifndef MMD_BACKENDS_OPENVINO_TARGET_LOWER_TABLE_H_
#define MMD_BACKENDS_OPENVINO_TARGET_LOWER_TABLE_H_

#include "backends/openvino/target/lower.h"

#define MMD_OV_LOWERINGS(X)                                                            \
  X("", "Abs", 6, unary, "")                                                           \
  X("", "Acos", 7, unary, "")                                                          \
  X("", "Acosh", 9, unary, "")                                                         \
  X("", "Add", 7, binary, "")                                                          \
  X("", "AffineGrid", 20, affine_grid, "known sizes")                                  \
  X("", "And", 7, binary, "")                                                          \
  X("", "ArgMax", 1, arg_max, "the first index of equal ones")                         \
  X("", "ArgMin", 1, arg_min, "the first index of equal ones")                         \
  X("", "Asin", 7, unary, "")                                                          \
  X("", "Asinh", 9, unary, "")                                                         \
  X("", "Atan", 7, unary, "")                                                          \
  X("", "Atanh", 9, unary, "")                                                         \
  X("", "AveragePool", 1, average_pool, "")                                            \
  X("", "BatchNormalization", 9, batch_norm, "inference")                              \
  X("", "BitShift", 11, bit_shift, "")                                                 \
  X("", "BitwiseAnd", 18, binary, "")                                                  \
  X("", "BitwiseNot", 18, unary, "")                                                   \
  X("", "BitwiseOr", 18, binary, "")                                                   \
  X("", "BitwiseXor", 18, binary, "")                                                  \
  X("", "BlackmanWindow", 17, blackman_window, "")                                     \
  X("", "Cast", 6, cast, "")                                                           \
  X("", "CastLike", 15, cast_like, "")                                                 \
  X("", "Ceil", 6, unary, "")                                                          \
  X("", "Celu", 12, celu, "")                                                          \
  X("", "CenterCropPad", 18, center_crop_pad, "known sizes")                           \
  X("", "Clip", 11, clip, "")                                                          \
  X("", "Col2Im", 18, col2im, "2 spatial axes")                                        \
  X("", "Compress", 9, compress, "")                                                   \
  X("", "Concat", 4, concat, "")                                                       \
  X("", "ConcatFromSequence", 11, concat_from_sequence, "known elements")              \
  X("", "Constant", 1, constant, "tensors")                                            \
  X("", "ConstantOfShape", 9, constant_of_shape, "")                                   \
  X("", "Conv", 1, conv, "1 to 3 spatial axes")                                        \
  X("", "ConvInteger", 10, conv_integer, "sums below 2^24")                            \
  X("", "ConvTranspose", 1, conv_transpose, "1 to 3 spatial axes")                     \
  X("", "Cos", 7, unary, "")                                                           \
  X("", "Cosh", 9, unary, "")                                                          \
  X("", "CumSum", 11, cum_sum, "")                                                     \
  X("", "DeformConv", 19, deform_conv, "")                                             \
  X("", "DepthToSpace", 1, depth_to_space, "")                                         \
  X("", "DequantizeLinear", 10, dequantize_linear, "no blocks")                        \
  X("", "Det", 11, det, "1 to 3 rows")                                                 \
  X("", "Div", 7, div, "")                                                             \
  X("", "Dropout", 7, dropout, "inference")                                            \
  X("", "DynamicQuantizeLinear", 11, dynamic_quantize_linear, "")                      \
  X("", "Einsum", 12, einsum, "")                                                      \
  X("", "Elu", 6, elu, "")                                                             \
  X("", "Equal", 7, binary, "")                                                        \
  X("", "Erf", 9, unary, "")                                                           \
  X("", "Exp", 6, unary, "")                                                           \
  X("", "Expand", 8, expand, "")                                                       \
  X("", "EyeLike", 9, eye_like, "")                                                    \
  X("", "Flatten", 1, flatten, "")                                                     \
  X("", "Floor", 6, unary, "")                                                         \
  X("", "GRU", 7, gru, "no activation parameters")                                     \
  X("", "Gather", 1, gather, "")                                                       \
  X("", "GatherElements", 11, gather_elements, "")                                     \
  X("", "GatherND", 11, gather_nd, "")                                                 \
  X("", "Gelu", 20, gelu, "")                                                          \
  X("", "Gemm", 7, gemm, "")                                                           \
  X("", "GlobalAveragePool", 1, global_average_pool, "")                               \
  X("", "GlobalLpPool", 2, global_lp_pool, "p of 1 and 2")                             \
  X("", "GlobalMaxPool", 1, global_max_pool, "")                                       \
  X("", "Greater", 7, binary, "")                                                      \
  X("", "GreaterOrEqual", 12, binary, "")                                              \
  X("", "GridSample", 16, grid_sample, "cubic of 2 spatial axes")                      \
  X("", "GroupNormalization", 18, group_norm, "")                                      \
  X("", "HammingWindow", 17, hamming_window, "")                                       \
  X("", "HannWindow", 17, hann_window, "")                                             \
  X("", "HardSigmoid", 6, hard_sigmoid, "")                                            \
  X("", "HardSwish", 14, unary, "")                                                    \
  X("", "Hardmax", 13, hardmax, "")                                                    \
  X("", "Identity", 1, identity, "")                                                   \
  X("", "If", 1, if, "")                                                               \
  X("", "InstanceNormalization", 6, instance_norm, "")                                 \
  X("", "IsInf", 10, is_inf, "")                                                       \
  X("", "IsNaN", 9, unary, "")                                                         \
  X("", "LRN", 1, lrn, "")                                                             \
  X("", "LSTM", 7, lstm, "no peepholes")                                               \
  X("", "LayerNormalization", 17, layer_norm, "")                                      \
  X("", "LeakyRelu", 6, leaky_relu, "")                                                \
  X("", "Less", 7, binary, "")                                                         \
  X("", "LessOrEqual", 12, binary, "")                                                 \
  X("", "Log", 6, unary, "")                                                           \
  X("", "LogSoftmax", 13, log_softmax, "")                                             \
  X("", "Loop", 1, loop, "")                                                           \
  X("", "LpNormalization", 1, lp_norm, "")                                             \
  X("", "LpPool", 2, lp_pool, "")                                                      \
  X("", "MatMul", 1, matmul, "")                                                       \
  X("", "MatMulInteger", 10, matmul_integer, "sums below 2^24")                        \
  X("", "Max", 8, max, "")                                                             \
  X("", "MaxPool", 1, max_pool, "")                                                    \
  X("", "MaxUnpool", 9, max_unpool, "known sizes")                                     \
  X("", "Mean", 8, mean, "")                                                           \
  X("", "MeanVarianceNormalization", 9, mean_variance_norm, "")                        \
  X("", "Min", 8, min, "")                                                             \
  X("", "Mish", 18, unary, "")                                                         \
  X("", "Mod", 10, mod, "")                                                            \
  X("", "Mul", 7, binary, "")                                                          \
  X("", "Neg", 6, unary, "")                                                           \
  X("", "NegativeLogLikelihoodLoss", 12, nll_loss, "")                                 \
  X("", "NonMaxSuppression", 10, nms, "")                                              \
  X("", "NonZero", 9, non_zero, "")                                                    \
  X("", "Not", 1, unary, "")                                                           \
  X("", "OneHot", 9, one_hot, "")                                                      \
  X("", "Or", 7, binary, "")                                                           \
  X("", "PRelu", 7, prelu, "")                                                         \
  X("", "Pad", 2, pad, "")                                                             \
  X("", "Pow", 7, pow, "")                                                             \
  X("", "QLinearConv", 10, qlinear_conv, "sums below 2^24")                            \
  X("", "QLinearMatMul", 10, qlinear_matmul, "sums below 2^24")                        \
  X("", "QuantizeLinear", 10, quantize_linear, "8 and 16 bits, no blocks")             \
  X("", "RNN", 7, rnn, "no activation parameters")                                     \
  X("", "Range", 11, range, "")                                                        \
  X("", "Reciprocal", 6, reciprocal, "")                                               \
  X("", "ReduceL1", 1, reduce, "")                                                     \
  X("", "ReduceL2", 1, reduce, "")                                                     \
  X("", "ReduceLogSum", 1, reduce_log_sum, "")                                         \
  X("", "ReduceLogSumExp", 1, reduce_log_sum_exp, "")                                  \
  X("", "ReduceMax", 1, reduce, "")                                                    \
  X("", "ReduceMean", 1, reduce, "")                                                   \
  X("", "ReduceMin", 1, reduce, "")                                                    \
  X("", "ReduceProd", 1, reduce, "")                                                   \
  X("", "ReduceSum", 1, reduce, "")                                                    \
  X("", "ReduceSumSquare", 1, reduce_sum_square, "")                                   \
  X("", "Relu", 6, unary, "")                                                          \
  X("", "Reshape", 5, reshape, "")                                                     \
  X("", "Resize", 11, resize, "")                                                      \
  X("", "ReverseSequence", 10, reverse_sequence, "")                                   \
  X("", "RoiAlign", 10, roi_align, "")                                                 \
  X("", "Round", 11, round, "")                                                        \
  X("", "Scan", 9, scan, "")                                                           \
  X("", "ScatterElements", 11, scatter_elements, "")                                   \
  X("", "ScatterND", 11, scatter_nd, "")                                               \
  X("", "Selu", 6, selu, "")                                                           \
  X("", "SequenceAt", 11, sequence_at, "known elements")                               \
  X("", "SequenceConstruct", 11, sequence_construct, "")                               \
  X("", "SequenceEmpty", 11, sequence_empty, "")                                       \
  X("", "SequenceErase", 11, sequence_erase, "known elements")                         \
  X("", "SequenceInsert", 11, sequence_insert, "known elements")                       \
  X("", "SequenceLength", 11, sequence_length, "known elements")                       \
  X("", "Shape", 1, shape, "")                                                         \
  X("", "Shrink", 9, shrink, "")                                                       \
  X("", "Sigmoid", 6, unary, "")                                                       \
  X("", "Sign", 9, unary, "")                                                          \
  X("", "Sin", 7, unary, "")                                                           \
  X("", "Sinh", 9, unary, "")                                                          \
  X("", "Size", 1, size, "")                                                           \
  X("", "Slice", 10, slice, "")                                                        \
  X("", "Softmax", 13, softmax, "")                                                    \
  X("", "SoftmaxCrossEntropyLoss", 12, softmax_loss, "")                               \
  X("", "Softplus", 1, unary, "")                                                      \
  X("", "Softsign", 1, unary, "")                                                      \
  X("", "SpaceToDepth", 1, space_to_depth, "")                                         \
  X("", "Split", 2, split, "")                                                         \
  X("", "SplitToSequence", 11, split_to_sequence, "known parts")                       \
  X("", "Sqrt", 6, unary, "")                                                          \
  X("", "Squeeze", 1, squeeze, "")                                                     \
  X("", "Sub", 7, binary, "")                                                          \
  X("", "Sum", 8, sum, "")                                                             \
  X("", "Tan", 7, unary, "")                                                           \
  X("", "Tanh", 6, unary, "")                                                          \
  X("", "ThresholdedRelu", 10, thresholded_relu, "")                                   \
  X("", "Tile", 6, tile, "")                                                           \
  X("", "TopK", 10, top_k, "")                                                         \
  X("", "Transpose", 1, transpose, "")                                                 \
  X("", "Trilu", 14, trilu, "")                                                        \
  X("", "Unique", 11, unique, "")                                                      \
  X("", "Unsqueeze", 1, unsqueeze, "")                                                 \
  X("", "Upsample", 9, resize, "")                                                     \
  X("", "Where", 9, where, "")                                                         \
  X("", "Xor", 7, binary, "")                                                          \
  X("mmcv", "MMCVDeformConv2d", 1, mmcv_deform_conv, "")                               \
  X("mmcv", "MMCVModulatedDeformConv2d", 1, mmcv_modulated_deform_conv, "")            \
  X("mmcv", "MMCVMultiScaleDeformableAttention", 1, ms_deform_attn, "known sizes")     \
  X("mmcv", "MMCVRoIAlign", 1, mmcv_roi_align, "")                                     \
  X("mmcv", "MMCVRoIAlignRotated", 1, mmcv_roi_align_rotated, "")                      \
  X("mmcv", "MMCVRoiAlign", 1, mmcv_roi_align, "")                                     \
  X("mmcv", "grid_sampler", 1, grid_sampler, "")                                       \
  X("mmdeploy", "AdaptiveAvgPool2d", 1, adaptive_avg_pool, "")                         \
  X("mmdeploy", "Gelu", 1, gelu, "")                                                   \
  X("mmdeploy", "HardSwish", 1, mmdeploy_hard_swish, "")                               \
  X("mmdeploy", "LayerNorm", 1, mmdeploy_layer_norm, "")                               \
  X("mmdeploy", "MMCVDeformConv2d", 1, mmcv_deform_conv, "")                           \
  X("mmdeploy", "MMCVModulatedDeformConv2d", 1, mmcv_modulated_deform_conv, "")        \
  X("mmdeploy", "MMCVMultiScaleDeformableAttention", 1, ms_deform_attn, "known sizes") \
  X("mmdeploy", "MMCVRoIAlign", 1, mmcv_roi_align, "")                                 \
  X("mmdeploy", "MMCVRoIAlignRotated", 1, mmcv_roi_align_rotated, "")                  \
  X("mmdeploy", "MMCVRoiAlign", 1, mmcv_roi_align, "")                                 \
  X("mmdeploy", "MultiHeadAttention", 1, multi_head_attention, "")                     \
  X("mmdeploy", "NMSRotated", 1, nms_rotated, "")                                      \
  X("mmdeploy", "ScaledDotProductAttentionTRT", 1, scaled_dot_product, "")             \
  X("mmdeploy", "TRTBicubicInterpolate", 1, bicubic_interpolate, "")                   \
  X("mmdeploy", "TRTInstanceNormalization", 1, instance_norm, "")                      \
  X("mmdeploy", "grid_sampler", 1, grid_sampler, "")

// Some functions serve several operators, so this repeats declarations.
#define MMD_OV_DECLARE(domain, name, version, function, note) \
  void ov_lower_##function(ov_lower_t *l);
MMD_OV_LOWERINGS(MMD_OV_DECLARE)
#undef MMD_OV_DECLARE

// The operators as the target's table has them.
#define MMD_OV_ONE_MORE(domain, name, version, function, note) +1
enum { MMD_OV_OP_COUNT = 0 MMD_OV_LOWERINGS(MMD_OV_ONE_MORE) };
#undef MMD_OV_ONE_MORE
extern const mmdeploy_target_op_t mmd_ov_ops[MMD_OV_OP_COUNT];

#endif  // MMD_BACKENDS_OPENVINO_TARGET_LOWER_TABLE_H_
