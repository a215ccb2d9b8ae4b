// SPDX-License-Identifier: Apache-2.0
#include "nn/conv.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "nn/deform_conv.h"
#include "value/options.h"

mmd_conv_t mmd_conv_square(int64_t in_channels, int64_t out_channels, int64_t kernel,
                           int64_t stride, int64_t padding) {
  return (mmd_conv_t){.in_channels = in_channels,
                      .out_channels = out_channels,
                      .kernel = {kernel, kernel},
                      .stride = {stride, stride},
                      .padding = {padding, padding},
                      .dilation = {1, 1},
                      .groups = 1};
}

void mmd_conv_check_cfg(mmd_builder_t *builder, const mmd_value_t *cfg) {
  static const char *const plain[] = {"Conv2d", "Conv"};
  if (mmd_value_is_null(cfg)) return;
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  for (size_t i = 0; i < sizeof plain / sizeof plain[0]; ++i) {
    if (mmd_str_equal(type, plain[i]) && mmd_object_size(cfg) == 1) return;
  }
  mmd_builder_fail(builder, MMD_ERROR(MMD_NOT_SUPPORTED,
                                      "%s.conv_cfg: type '%s' with %zu options is not supported, "
                                      "only Conv2d without any",
                                      builder->config_path, type, mmd_object_size(cfg)));
}

static int64_t at_least_one(int64_t number) {
  return number ? number : 1;
}

void mmd_conv_set_attributes(mmd_builder_t *builder, mmd_node_t *node, const mmd_conv_t *conv) {
  const int64_t kernel[] = {at_least_one(conv->kernel[0]), at_least_one(conv->kernel[1])};
  const int64_t stride[] = {at_least_one(conv->stride[0]), at_least_one(conv->stride[1])};
  const int64_t dilation[] = {at_least_one(conv->dilation[0]), at_least_one(conv->dilation[1])};
  const int64_t pads[] = {conv->padding[0], conv->padding[1], conv->padding[0], conv->padding[1]};
  mmd_nn_set_ints(builder, node, "kernel_shape", 2, kernel);
  mmd_nn_set_ints(builder, node, "strides", 2, stride);
  mmd_nn_set_ints(builder, node, "pads", 4, pads);
  mmd_nn_set_ints(builder, node, "dilations", 2, dilation);
  mmd_nn_set_int(builder, node, "group", at_least_one(conv->groups));
}

// What would otherwise end in a negative weight shape or a division by zero.
bool mmd_conv_check(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv) {
  const int64_t groups = at_least_one(conv->groups);
  if (conv->in_channels > 0 && conv->out_channels > 0 && groups > 0 &&
      conv->in_channels % groups == 0 && conv->out_channels % groups == 0 && conv->kernel[0] >= 0 &&
      conv->kernel[1] >= 0 && conv->stride[0] >= 0 && conv->stride[1] >= 0 &&
      conv->padding[0] >= 0 && conv->padding[1] >= 0 && conv->dilation[0] >= 0 &&
      conv->dilation[1] >= 0) {
    return true;
  }
  mmd_builder_fail(builder,
                   MMD_ERROR(MMD_INVALID_ARGUMENT,
                             "%s: convolution '%s' of %lld to %lld channels in %lld groups, stride "
                             "%lld, dilation %lld is impossible",
                             builder->config_path, name, (long long)conv->in_channels,
                             (long long)conv->out_channels, (long long)groups,
                             (long long)conv->stride[0], (long long)conv->dilation[0]));
  return false;
}

//===--- kinds -------------------------------------------------------------===//

typedef enum kind_t { KIND_PLAIN, KIND_DEFORM, KIND_MODULATED, KIND_STANDARDISED } kind_t;

typedef struct kind_options_t {
  bool fallback_on_stride;
  int64_t deform_groups, deformable_groups;
  double eps;
} kind_options_t;

static const mmd_option_t deform_options[] = {
    {.name = "deform_groups",
     .type = MMD_OPTION_INT,
     .offset = offsetof(kind_options_t, deform_groups),
     .default_text = "1",
     .min = 1,
     .max = 65536,
     .help = "Parts of the channels that have offsets of their own."},
    {.name = "deformable_groups",
     .type = MMD_OPTION_INT,
     .offset = offsetof(kind_options_t, deformable_groups),
     .default_text = "0",
     .min = 0,
     .max = 65536,
     .help = "Their name of old."},
    {.name = "im2col_step",
     .type = MMD_OPTION_VALUE,
     .flags = MMD_OPTION_IGNORED,
     .help = "Speed."},
    {.name = "fallback_on_stride",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(kind_options_t, fallback_on_stride),
     .default_text = "false",
     .help = "Plain convolutions where the block strides; only False is known."},
};
static const mmd_option_t standardised_options[] = {
    {.name = "eps",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(kind_options_t, eps),
     .default_text = "1e-5",
     .max = 1,
     .help = "Added to the deviation of the weights."},
};
static const mmd_option_table_t deform_table =
    MMD_OPTION_TABLE("DCN", kind_options_t, deform_options);
static const mmd_option_table_t standardised_table =
    MMD_OPTION_TABLE("ConvWS", kind_options_t, standardised_options);
static const mmd_option_table_t plain_table = {"Conv2d", NULL, 0, sizeof(kind_options_t)};

static const struct {
  const char *type;
  kind_t kind;
  const mmd_option_table_t *options;
} kinds[] = {
    {"Conv2d", KIND_PLAIN, &plain_table},
    {"Conv", KIND_PLAIN, &plain_table},
    {"DCN", KIND_DEFORM, &deform_table},
    {"DCNv2", KIND_MODULATED, &deform_table},
    {"ConvWS", KIND_STANDARDISED, &standardised_table},
};

static mmd_status_t read_kind(const mmd_builder_t *builder, const mmd_value_t *cfg,
                              kind_t *out_kind, kind_options_t *out_options) {
  *out_kind = KIND_PLAIN;
  if (mmd_value_is_null(cfg)) return NULL;
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; ++i) {
    if (strcmp(kinds[i].type, type) != 0) continue;
    *out_kind = kinds[i].kind;
    mmd_status_t status = mmd_options_read(kinds[i].options, cfg, type, true, out_options);
    if (!status && out_options->deformable_groups)
      out_options->deform_groups = out_options->deformable_groups;
    if (!status && out_options->fallback_on_stride) {
      status = MMD_ERROR(MMD_NOT_SUPPORTED, "%s.fallback_on_stride: True is not supported", type);
    }
    return status ? mmd_status_annotate(status, "%s", builder->config_path) : NULL;
  }
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "%s: convolution type '%s' is not supported; known: Conv2d, DCN, DCNv2, ConvWS",
                   builder->config_path, type);
}

//===--- weights -----------------------------------------------------------===//

// Each of |filters| runs of |count| numbers minus its mean, over its deviation (of a sample) plus
// |eps|.
static void standardise_runs(const mmd_tensor_t *from, size_t filters, size_t count, double eps,
                             float *out) {
  const void *data = mmd_tensor_data(from);
  for (size_t first = 0; first < filters * count; first += count) {
    double mean = 0, squares = 0;
    for (size_t i = first; i < first + count; ++i) mean += mmd_dtype_load_f64(from->dtype, data, i);
    mean /= (double)count;
    for (size_t i = first; i < first + count; ++i) {
      const double away = mmd_dtype_load_f64(from->dtype, data, i) - mean;
      squares += away * away;
    }
    const double deviation = sqrt(squares / ((double)count - 1));
    for (size_t i = first; i < first + count; ++i)
      out[i] = (float)((mmd_dtype_load_f64(from->dtype, data, i) - mean) / (deviation + eps));
  }
}

static mmd_status_t standardise(const mmd_tensor_t *weight, double eps, mmd_tensor_t *out_tensor) {
  const size_t filters = (size_t)weight->shape.dims[0], count = mmd_tensor_count(weight) / filters;
  mmd_tensor_t packed = {0};
  MMD_TRY(mmd_tensor_contiguous(weight, &packed));
  mmd_status_t status = mmd_tensor_create(MMD_F32, &weight->shape, false, out_tensor);
  if (!status) standardise_runs(&packed, filters, count, eps, mmd_tensor_mutable_data(out_tensor));
  mmd_tensor_deinit(&packed);
  return status;
}

static mmd_edge_t *standardised(mmd_builder_t *builder, double eps, mmd_edge_t *weight) {
  mmd_tensor_t tensor = {0};
  if (!mmd_builder_ok(builder)) return NULL;
  mmd_status_t status = standardise(&weight->constant, eps, &tensor);
  mmd_edge_t *edge = NULL;
  if (status) {
    mmd_builder_fail(builder, status);
  } else {
    edge = mmd_nn_constant(builder, &tensor);
  }
  mmd_tensor_deinit(&tensor);
  return edge;
}

//===--- layers ------------------------------------------------------------===//

// |eps| >= 0: the weights are standardised.
static mmd_edge_t *plain_conv(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv,
                              double eps, mmd_edge_t *x) {
  if (!mmd_conv_check(builder, name, conv)) return NULL;
  const int64_t dims[] = {conv->out_channels, conv->in_channels / at_least_one(conv->groups),
                          at_least_one(conv->kernel[0]), at_least_one(conv->kernel[1])};
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  mmd_edge_t *inputs[3] = {x, mmd_nn_weight(builder, "weight", 4, dims), NULL};
  if (eps >= 0) inputs[1] = standardised(builder, eps, inputs[1]);
  if (conv->bias) inputs[2] = mmd_nn_weight(builder, "bias", 1, dims);
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Conv", conv->bias ? 3 : 2, inputs, &node);
  mmd_conv_set_attributes(builder, node, conv);
  mmd_scope_leave(builder, mark);
  return out;
}

static mmd_edge_t *deform_conv(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv,
                               kind_t kind, int64_t deform_groups, mmd_edge_t *x) {
  if (kind == KIND_DEFORM && conv->bias) {
    mmd_builder_fail(builder, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                        "%s: convolution '%s' of type DCN cannot have a bias; a "
                                        "norm behind it is expected",
                                        builder->config_path, name));
    return NULL;
  }
  return mmd_nn_deform_conv_pack(builder, name, conv, kind == KIND_MODULATED, deform_groups, x);
}

mmd_edge_t *mmd_nn_conv(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv,
                        mmd_edge_t *x) {
  if (!mmd_builder_ok(builder)) return NULL;
  kind_t kind;
  kind_options_t options = {0};
  mmd_status_t status = read_kind(builder, conv->cfg, &kind, &options);
  if (status) {
    mmd_builder_fail(builder, status);
    return NULL;
  }
  if (kind == KIND_DEFORM || kind == KIND_MODULATED)
    return deform_conv(builder, name, conv, kind, options.deform_groups, x);
  return plain_conv(builder, name, conv, kind == KIND_STANDARDISED ? options.eps : -1, x);
}

mmd_edge_t *mmd_nn_conv_by_cfg(mmd_builder_t *builder, const char *name,
                               const mmd_value_t *conv_cfg, const mmd_conv_t *conv, mmd_edge_t *x) {
  mmd_conv_t spec = *conv;
  spec.cfg = conv_cfg;
  return mmd_nn_conv(builder, name, &spec, x);
}
