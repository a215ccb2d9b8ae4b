// SPDX-License-Identifier: Apache-2.0
//
// The families of operators; registry.c lists the same names.
#ifndef MMD_OPS_REGISTRY_H_
#define MMD_OPS_REGISTRY_H_

#include "ops/op.h"

extern const mmd_op_family_t mmd_ops_arg_max;
extern const mmd_op_family_t mmd_ops_batched_nms;
extern const mmd_op_family_t mmd_ops_bicubic_interpolate;
extern const mmd_op_family_t mmd_ops_bitwise;
extern const mmd_op_family_t mmd_ops_cast;
extern const mmd_op_family_t mmd_ops_clip;
extern const mmd_op_family_t mmd_ops_compare;
extern const mmd_op_family_t mmd_ops_concat;
extern const mmd_op_family_t mmd_ops_constant;
extern const mmd_op_family_t mmd_ops_control_flow;
extern const mmd_op_family_t mmd_ops_conv;
extern const mmd_op_family_t mmd_ops_conv_transpose;
extern const mmd_op_family_t mmd_ops_dcnv3;
extern const mmd_op_family_t mmd_ops_deform_conv;
extern const mmd_op_family_t mmd_ops_detection_output;
extern const mmd_op_family_t mmd_ops_einsum;
extern const mmd_op_family_t mmd_ops_elementwise_binary;
extern const mmd_op_family_t mmd_ops_elementwise_unary;
extern const mmd_op_family_t mmd_ops_expand;
extern const mmd_op_family_t mmd_ops_fold;
extern const mmd_op_family_t mmd_ops_gather;
extern const mmd_op_family_t mmd_ops_gather_topk;
extern const mmd_op_family_t mmd_ops_grid_priors;
extern const mmd_op_family_t mmd_ops_grid_sample;
extern const mmd_op_family_t mmd_ops_identity;
extern const mmd_op_family_t mmd_ops_loss;
extern const mmd_op_family_t mmd_ops_matmul;
extern const mmd_op_family_t mmd_ops_max_roi_pool;
extern const mmd_op_family_t mmd_ops_ms_deform_attn;
extern const mmd_op_family_t mmd_ops_multi_class_nms;
extern const mmd_op_family_t mmd_ops_ncnn_layers;
extern const mmd_op_family_t mmd_ops_nms_rotated;
extern const mmd_op_family_t mmd_ops_non_max_suppression;
extern const mmd_op_family_t mmd_ops_normalization;
extern const mmd_op_family_t mmd_ops_pad;
extern const mmd_op_family_t mmd_ops_pool;
extern const mmd_op_family_t mmd_ops_quantize;
extern const mmd_op_family_t mmd_ops_quantized_product;
extern const mmd_op_family_t mmd_ops_recurrent;
extern const mmd_op_family_t mmd_ops_reduce;
extern const mmd_op_family_t mmd_ops_reshape;
extern const mmd_op_family_t mmd_ops_resize;
extern const mmd_op_family_t mmd_ops_roi_align;
extern const mmd_op_family_t mmd_ops_scaled_dot_product_attention;
extern const mmd_op_family_t mmd_ops_scan;
extern const mmd_op_family_t mmd_ops_scatter;
extern const mmd_op_family_t mmd_ops_select;
extern const mmd_op_family_t mmd_ops_sequence;
extern const mmd_op_family_t mmd_ops_shape;
extern const mmd_op_family_t mmd_ops_slice;
extern const mmd_op_family_t mmd_ops_softmax;
extern const mmd_op_family_t mmd_ops_transpose;
extern const mmd_op_family_t mmd_ops_trt_instance_normalization;
extern const mmd_op_family_t mmd_ops_window;

// Ends with NULL.
extern const mmd_op_family_t *const mmd_op_families[];

#endif  // MMD_OPS_REGISTRY_H_
