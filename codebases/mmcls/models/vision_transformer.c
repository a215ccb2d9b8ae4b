// SPDX-License-Identifier: Apache-2.0
//
// VisionTransformer of mmcls (output_cls_token) and mmpretrain (out_type). At sizes other than
// img_size the position embedding is resized, at run time where height or width is dynamic.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "codebases/mmcls/models/modules.h"
#include "codebases/mmcls/models/vit_options.h"
#include "nn/patch_embed.h"
#include "nn/pos_embed.h"

// The options in the form the builder works with.
typedef struct vit_t {
  const mmd_vit_options_t *options;
  mmd_vit_arch_t arch;
  mmd_patch_embed_t patch;
  mmd_norm_t norm;
  int64_t grid[2];        // patches of an image of img_size
  int64_t extra_tokens;   // in the position embedding
  bool has_class_token;   // in the checkpoint
  bool drop_class_token;  // 0.x without class token: it is embedded, then dropped
  mmd_vit_output_t output;
} vit_t;

static mmd_edge_t *slice_tokens(mmd_builder_t *b, int64_t begin, mmd_edge_t *x) {
  static const int64_t end[] = {INT32_MAX}, axis[] = {1};
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(b, 1, &begin),
                                mmd_nn_constant_i64(b, 1, end), mmd_nn_constant_i64(b, 1, axis)};
  return mmd_nn_op(b, "Slice", 4, inputs, NULL);
}

// The class token in front of every image's patches: expanded to the batch, which the patches tell.
static mmd_edge_t *prepend_class_token(mmd_builder_t *b, const vit_t *vit, mmd_edge_t *x) {
  static const int64_t zero[] = {0}, one[] = {1};
  const int64_t token_dims[] = {1, 1, vit->arch.embed_dims}, rest[] = {1, vit->arch.embed_dims};
  mmd_edge_t *const bounds[] = {mmd_nn_unary(b, "Shape", x), mmd_nn_constant_i64(b, 1, zero),
                                mmd_nn_constant_i64(b, 1, one), mmd_nn_constant_i64(b, 1, zero)};
  mmd_edge_t *const sizes[] = {mmd_nn_op(b, "Slice", 4, bounds, NULL),
                               mmd_nn_constant_i64(b, 2, rest)};
  mmd_node_t *node;
  mmd_edge_t *shape = mmd_nn_op(b, "Concat", 2, sizes, &node);
  mmd_nn_set_int(b, node, "axis", 0);
  mmd_edge_t *token = mmd_nn_weight(b, "cls_token", 3, token_dims);
  mmd_edge_t *const parts[] = {mmd_nn_binary(b, "Expand", token, shape), x};
  x = mmd_nn_op(b, "Concat", 2, parts, &node);
  mmd_nn_set_int(b, node, "axis", 1);
  return x;
}

// mmpretrain drops the class token's position when the checkpoint has one and the model has none.
static void drop_extra_position(mmd_builder_t *b, mmd_edge_t *embedding) {
  mmd_tensor_t rest = {0}, packed = {0};
  if (!embedding || !mmd_builder_ok(b)) return;
  mmd_status_t status =
      mmd_tensor_slice(&embedding->constant, 1, 1, embedding->constant.shape.dims[1], &rest);
  if (!status) status = mmd_tensor_contiguous(&rest, &packed);
  if (!status) status = mmd_edge_set_constant(embedding, &packed);
  mmd_tensor_deinit(&packed);
  mmd_tensor_deinit(&rest);
  if (status) mmd_builder_fail(b, status);
}

static mmd_edge_t *load_positions(mmd_builder_t *b, const vit_t *vit) {
  const int64_t dims[] = {1, vit->grid[0] * vit->grid[1] + 1, vit->arch.embed_dims};
  mmd_shape_t stored;
  if (vit->extra_tokens == 0 && mmd_nn_has_weight(b, "pos_embed", &stored) && stored.rank == 3 &&
      stored.dims[1] == dims[1]) {
    mmd_edge_t *embedding = mmd_nn_weight(b, "pos_embed", 3, dims);
    drop_extra_position(b, embedding);
    return embedding;
  }
  return mmd_nn_pos_embed(b, "pos_embed", vit->grid, vit->extra_tokens, vit->arch.embed_dims,
                          (mmd_interpolation_t)vit->options->interpolate_mode);
}

static void resize_positions(mmd_builder_t *b, const vit_t *vit, const int64_t grid[2],
                             mmd_edge_t *embedding) {
  mmd_tensor_t resized = {0};
  mmd_status_t status =
      mmd_pos_embed_resize(&embedding->constant, vit->grid, grid, vit->extra_tokens,
                           (mmd_interpolation_t)vit->options->interpolate_mode, &resized);
  if (!status) status = mmd_edge_set_constant(embedding, &resized);
  mmd_tensor_deinit(&resized);
  if (status) mmd_builder_fail(b, status);
}

// The position embedding for the patches of |image|, whose map is |map|.
static mmd_edge_t *positions(mmd_builder_t *b, const vit_t *vit, const mmd_edge_t *image,
                             mmd_edge_t *map) {
  int64_t size[2], grid[2];
  mmd_edge_t *embedding = load_positions(b, vit);
  if (!mmd_builder_ok(b)) return NULL;
  if (!mmd_nn_image_size(image, size)) {
    return mmd_nn_pos_embed_fit(b, embedding, vit->grid, vit->extra_tokens, vit->arch.embed_dims,
                                (mmd_interpolation_t)vit->options->interpolate_mode, map);
  }
  if (!mmd_patch_embed_size(&vit->patch, size, grid)) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: no patch fits an image of %lldx%lld",
                                  b->config_path, (long long)size[1], (long long)size[0]));
    return NULL;
  }
  if (grid[0] != vit->grid[0] || grid[1] != vit->grid[1]) {
    resize_positions(b, vit, grid, embedding);
  }
  return embedding;
}

// Each patch's vector at its place: [batch, channels, rows, columns].
static mmd_edge_t *feature_map(mmd_builder_t *b, const vit_t *vit, mmd_edge_t *tokens,
                               mmd_edge_t *map) {
  static const int64_t channels_first[] = {0, 2, 1}, zero[] = {0}, one[] = {1};
  mmd_node_t *node;
  mmd_edge_t *x = mmd_nn_op(b, "Transpose", 1, &tokens, &node);
  mmd_nn_set_ints(b, node, "perm", 3, channels_first);
  mmd_edge_t *const bounds[] = {mmd_nn_unary(b, "Shape", map), mmd_nn_constant_i64(b, 1, zero),
                                mmd_nn_constant_i64(b, 1, one), mmd_nn_constant_i64(b, 1, zero)};
  mmd_edge_t *const sizes[] = {mmd_nn_op(b, "Slice", 4, bounds, NULL),
                               mmd_nn_constant_i64(b, 1, &vit->arch.embed_dims),
                               mmd_nn_image_size_edge(b, map)};
  mmd_edge_t *shape = mmd_nn_op(b, "Concat", 3, sizes, &node);
  mmd_nn_set_int(b, node, "axis", 0);
  return mmd_nn_binary(b, "Reshape", x, shape);
}

static mmd_edge_t *average_tokens(mmd_builder_t *b, mmd_edge_t *tokens) {
  static const int64_t axis[] = {1};
  mmd_edge_t *const inputs[] = {tokens, mmd_nn_constant_i64(b, 1, axis)};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, "ReduceMean", 2, inputs, &node);
  mmd_nn_set_int(b, node, "keepdims", 0);
  return out;
}

static mmd_edge_t *first_token(mmd_builder_t *b, mmd_edge_t *x) {
  mmd_tensor_t zero = {0};
  if (!mmd_builder_ok(b)) return NULL;
  mmd_status_t status = mmd_tensor_scalar_i64(0, &zero);
  if (status) mmd_builder_fail(b, status);
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant(b, &zero)};
  mmd_tensor_deinit(&zero);
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, "Gather", 2, inputs, &node);
  mmd_nn_set_int(b, node, "axis", 1);
  return out;
}

static mmd_edge_t *format_output(mmd_builder_t *b, const vit_t *vit, mmd_edge_t *x,
                                 mmd_edge_t *map) {
  if (vit->output == MMD_VIT_RAW) return x;
  if (vit->output == MMD_VIT_CLASS_TOKEN) return first_token(b, x);
  const bool has_token = vit->has_class_token && !vit->drop_class_token;
  mmd_edge_t *patches = has_token ? slice_tokens(b, 1, x) : x;
  if (vit->output == MMD_VIT_FEATURE_MAP) return feature_map(b, vit, patches, map);
  return mmd_nn_norm_numbered(b, 2, &vit->norm, vit->arch.embed_dims, average_tokens(b, patches));
}

static bool is_wanted(const vit_t *vit, int64_t index) {
  const mmd_ints_t *indices = &vit->options->out_indices;
  for (int i = 0; i < indices->count; ++i) {
    const int64_t item = indices->items[i];
    if ((item < 0 ? item + vit->arch.num_layers : item) == index) return true;
  }
  return false;
}

static void encode(mmd_builder_t *b, const vit_t *vit, mmd_edge_t *x, mmd_edge_t *map,
                   mmd_features_t *out_outputs) {
  for (int64_t i = 0; i < vit->arch.num_layers && mmd_builder_ok(b); ++i) {
    const mmd_vit_layer_t layer = mmd_vit_layer_read(b, vit->options, &vit->arch, &vit->norm, i);
    const size_t mark = mmd_scope_enter(b, "layers.%lld", (long long)i);
    x = mmd_vit_layer_build(b, &layer, x);
    mmd_scope_leave(b, mark);
    if (i + 1 == vit->arch.num_layers && vit->options->final_norm) {
      x = mmd_nn_norm_numbered(b, 1, &vit->norm, vit->arch.embed_dims, x);
    }
    if (!is_wanted(vit, i)) continue;
    out_outputs->items[out_outputs->count++] = format_output(b, vit, x, map);
  }
}

// Which tokens there are, and what is given out, in either dialect.
static mmd_status_t read_tokens(const mmd_builder_t *b, vit_t *vit) {
  const mmd_vit_options_t *options = vit->options;
  const bool with_token = options->with_cls_token;
  vit->output = (mmd_vit_output_t)options->out_type;
  vit->has_class_token = with_token;
  vit->extra_tokens = with_token;
  if (options->output_cls_token) {  // 0.x: the parameter is always there
    const bool gives_token = mmd_value_get_bool(options->output_cls_token, true);
    vit->output = gives_token ? MMD_VIT_CLASS_TOKEN : MMD_VIT_FEATURE_MAP;
    vit->has_class_token = true;
    vit->drop_class_token = !with_token;
    vit->extra_tokens = 1;
  }
  if (with_token || vit->output != MMD_VIT_CLASS_TOKEN) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s.with_cls_token: must be True when the class token is given out",
                   b->config_path);
}

static mmd_status_t read_options(mmd_builder_t *b, const mmd_vit_options_t *options, vit_t *vit) {
  memset(vit, 0, sizeof *vit);
  vit->options = options;
  vit->norm = mmd_norm_read(b, "norm_cfg", options->norm_cfg, "LN", 1e-6);
  MMD_TRY(mmd_vit_arch_read(b, options->arch, &vit->arch));
  int64_t image_size[2];
  MMD_TRY(mmd_vit_patch_read(b, options, &vit->arch, &vit->patch, image_size));
  if (!mmd_patch_embed_size(&vit->patch, image_size, vit->grid)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: no patch fits an image of img_size",
                     b->config_path);
  }
  for (int i = 0; i < options->out_indices.count; ++i) {
    const int64_t index = options->out_indices.items[i], count = vit->arch.num_layers;
    if (index >= -count && index <= count) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.out_indices: %lld is no layer, there are %lld",
                     b->config_path, (long long)index, (long long)count);
  }
  return read_tokens(b, vit);
}

static void build_vision_transformer(mmd_builder_t *b, const void *options,
                                     const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  vit_t vit;
  mmd_status_t status = read_options(b, options, &vit);
  if (status) {
    mmd_builder_fail(b, status);
    return;
  }
  mmd_edge_t *image = inputs->items[0], *map;
  mmd_edge_t *x = mmd_nn_patch_embed(b, "patch_embed", &vit.patch, image, &map);
  if (vit.has_class_token) x = prepend_class_token(b, &vit, x);
  x = mmd_nn_binary(b, "Add", x, positions(b, &vit, image, map));
  if (vit.drop_class_token) x = slice_tokens(b, 1, x);
  if (vit.options->pre_norm) x = mmd_nn_norm(b, "pre_norm", &vit.norm, vit.arch.embed_dims, x);
  encode(b, &vit, x, map, out_outputs);
}

const mmd_module_t mmd_mmcls_vision_transformer = {
    .codebase = "mmcls",
    .kind = "backbone",
    .type = "VisionTransformer",
    .options = &mmd_vit_table,
    .build = build_vision_transformer,
};
