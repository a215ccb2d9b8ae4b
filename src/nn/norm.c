// SPDX-License-Identifier: Apache-2.0
#include "nn/norm.h"

#include <stdio.h>

typedef struct norm_type_t {
  const char *type, *abbr;
  mmd_norm_kind_t kind;
} norm_type_t;

static const norm_type_t norm_types[] = {
    {"BN", "bn", MMD_NORM_BATCH},     {"BN2d", "bn", MMD_NORM_BATCH},
    {"SyncBN", "bn", MMD_NORM_BATCH}, {"MMSyncBN", "bn", MMD_NORM_BATCH},
    {"LN", "ln", MMD_NORM_LAYER},     {"GN", "gn", MMD_NORM_GROUP},
};

// Options of nn.BatchNorm2d and nn.LayerNorm; those without use at inference too.
static const char *const norm_options[] = {
    "type",
    "eps",
    "affine",
    "num_groups",
    "elementwise_affine",
    "momentum",
    "requires_grad",
    "track_running_stats",
};

static const norm_type_t *find_type(const char *type) {
  for (size_t i = 0; i < sizeof norm_types / sizeof norm_types[0]; ++i) {
    if (mmd_str_equal(type, norm_types[i].type)) return &norm_types[i];
  }
  return NULL;
}

static bool is_option(const char *name) {
  for (size_t i = 0; i < sizeof norm_options / sizeof norm_options[0]; ++i) {
    if (mmd_str_equal(name, norm_options[i])) return true;
  }
  return false;
}

static mmd_status_t read_cfg(const mmd_builder_t *builder, const char *key, const mmd_value_t *cfg,
                             mmd_norm_t *out) {
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  const norm_type_t *found = find_type(type);
  if (!found) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "%s.%s: norm type '%s' is not supported; known: BN, BN2d, SyncBN, LN, GN",
                     builder->config_path, key, type);
  }
  for (size_t i = 0; i < mmd_object_size(cfg); ++i) {
    const char *name = mmd_object_key_at(cfg, i);
    if (!is_option(name)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s.%s: norm type '%s' has no such option",
                       builder->config_path, key, name, type);
    }
  }
  // Without running statistics a layer measures the batch even at inference.
  if (!mmd_value_get_bool(mmd_object_get(cfg, "track_running_stats"), true)) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.%s.track_running_stats: False is not supported",
                     builder->config_path, key);
  }
  out->kind = found->kind;
  out->abbr = found->abbr;
  out->eps = mmd_value_get_float(mmd_object_get(cfg, "eps"), 1e-5);
  const char *affine = found->kind == MMD_NORM_LAYER ? "elementwise_affine" : "affine";
  out->affine = mmd_value_get_bool(mmd_object_get(cfg, affine), true);
  out->groups = mmd_value_get_int(mmd_object_get(cfg, "num_groups"), 0);
  if (found->kind == MMD_NORM_GROUP && out->groups < 1) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s.num_groups: a positive number is expected",
                     builder->config_path, key);
  }
  if (found->kind != MMD_NORM_LAYER && !out->affine) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.%s.affine: False is not supported",
                     builder->config_path, key);
  }
  return NULL;
}

mmd_norm_t mmd_norm_read(mmd_builder_t *builder, const char *key, const mmd_value_t *cfg,
                         const char *fallback, double fallback_eps) {
  mmd_norm_t norm = {
      .kind = MMD_NORM_NONE, .eps = fallback_eps, .affine = true, .groups = 32, .abbr = ""};
  if (!cfg) {
    const norm_type_t *type = find_type(fallback);
    norm.kind = type ? type->kind : MMD_NORM_NONE;
    norm.abbr = type ? type->abbr : "";
  } else if (!mmd_value_is_null(cfg)) {
    mmd_status_t status = read_cfg(builder, key, cfg, &norm);
    if (status) mmd_builder_fail(builder, status);
  }
  return norm;
}

static mmd_edge_t *batch_norm(mmd_builder_t *builder, const mmd_norm_t *norm, int64_t channels,
                              mmd_edge_t *x) {
  mmd_edge_t *const inputs[] = {
      x,
      mmd_nn_weight(builder, "weight", 1, &channels),
      mmd_nn_weight(builder, "bias", 1, &channels),
      mmd_nn_weight(builder, "running_mean", 1, &channels),
      mmd_nn_weight(builder, "running_var", 1, &channels),
  };
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "BatchNormalization", 5, inputs, &node);
  mmd_nn_set_float(builder, node, "epsilon", norm->eps);
  return out;
}

static mmd_edge_t *filled(mmd_builder_t *builder, int64_t count, float number) {
  if (!mmd_builder_ok(builder)) return NULL;
  mmd_shape_t shape;
  mmd_tensor_t tensor = {0};
  mmd_edge_t *edge = NULL;
  mmd_status_t status = mmd_shape_make(1, &count, &shape);
  if (!status) status = mmd_tensor_create(MMD_F32, &shape, false, &tensor);
  if (!status) {
    float *data = mmd_tensor_mutable_data(&tensor);
    for (int64_t i = 0; i < count; ++i) data[i] = number;
    edge = mmd_nn_constant(builder, &tensor);
  } else {
    mmd_builder_fail(builder, status);
  }
  mmd_tensor_deinit(&tensor);
  return edge;
}

static mmd_edge_t *layer_norm(mmd_builder_t *builder, const mmd_norm_t *norm, int64_t channels,
                              mmd_edge_t *x) {
  mmd_edge_t *inputs[3] = {x, NULL, NULL};
  if (norm->affine) {
    inputs[1] = mmd_nn_weight(builder, "weight", 1, &channels);
    inputs[2] = mmd_nn_weight(builder, "bias", 1, &channels);
  } else {
    inputs[1] = filled(builder, channels, 1);  // the operator needs a scale
  }
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "LayerNormalization", norm->affine ? 3 : 2, inputs, &node);
  mmd_nn_set_int(builder, node, "axis", -1);
  mmd_nn_set_float(builder, node, "epsilon", norm->eps);
  return out;
}

// [channels] as [channels, 1, 1]: the axes of a map that it is applied to.
static mmd_edge_t *per_channel(mmd_builder_t *builder, const char *name, int64_t channels) {
  const int64_t dims[] = {channels, 1, 1};
  return mmd_nn_binary(builder, "Reshape", mmd_nn_weight(builder, name, 1, &channels),
                       mmd_nn_constant_i64(builder, 3, dims));
}

// Each group as one instance: older opsets have no GroupNormalization with a scale a channel.
static mmd_edge_t *group_norm(mmd_builder_t *builder, const mmd_norm_t *norm, int64_t channels,
                              mmd_edge_t *x) {
  const int64_t dims[] = {0, norm->groups, -1};
  if (channels % norm->groups) {
    mmd_builder_fail(
        builder,
        MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %lld channels cannot be normalised in %lld groups",
                  builder->config_path, (long long)channels, (long long)norm->groups));
    return NULL;
  }
  mmd_edge_t *shape = mmd_nn_unary(builder, "Shape", x);
  mmd_edge_t *const inputs[] = {
      mmd_nn_binary(builder, "Reshape", x, mmd_nn_constant_i64(builder, 3, dims)),
      filled(builder, norm->groups, 1), filled(builder, norm->groups, 0)};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "InstanceNormalization", 3, inputs, &node);
  mmd_nn_set_float(builder, node, "epsilon", norm->eps);
  out = mmd_nn_binary(builder, "Reshape", out, shape);
  out = mmd_nn_binary(builder, "Mul", out, per_channel(builder, "weight", channels));
  return mmd_nn_binary(builder, "Add", out, per_channel(builder, "bias", channels));
}

mmd_edge_t *mmd_nn_norm(mmd_builder_t *builder, const char *name, const mmd_norm_t *norm,
                        int64_t channels, mmd_edge_t *x) {
  if (norm->kind == MMD_NORM_NONE || !mmd_builder_ok(builder)) return x;
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  mmd_edge_t *out = norm->kind == MMD_NORM_BATCH   ? batch_norm(builder, norm, channels, x)
                    : norm->kind == MMD_NORM_LAYER ? layer_norm(builder, norm, channels, x)
                                                   : group_norm(builder, norm, channels, x);
  mmd_scope_leave(builder, mark);
  return out;
}

mmd_edge_t *mmd_nn_norm_numbered(mmd_builder_t *builder, int number, const mmd_norm_t *norm,
                                 int64_t channels, mmd_edge_t *x) {
  char name[32];
  if (number) {
    snprintf(name, sizeof name, "%s%d", norm->abbr, number);
  } else {
    snprintf(name, sizeof name, "%s", norm->abbr);
  }
  return mmd_nn_norm(builder, name, norm, channels, x);
}
