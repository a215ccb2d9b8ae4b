// SPDX-License-Identifier: Apache-2.0
#include "nn/activation.h"

static mmd_edge_t *clip(mmd_builder_t *builder, double min, double max, mmd_edge_t *x) {
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_f32(builder, (float)min),
                                mmd_nn_constant_f32(builder, (float)max)};
  return mmd_nn_op(builder, "Clip", 3, inputs, NULL);
}

static mmd_edge_t *build_relu(mmd_builder_t *b, const mmd_activation_t *a, mmd_edge_t *x) {
  (void)a;
  return mmd_nn_unary(b, "Relu", x);
}

static mmd_edge_t *build_clip(mmd_builder_t *b, const mmd_activation_t *a, mmd_edge_t *x) {
  return clip(b, a->min, a->max, x);
}

static mmd_edge_t *build_relu6(mmd_builder_t *b, const mmd_activation_t *a, mmd_edge_t *x) {
  (void)a;
  return clip(b, 0, 6, x);
}

static mmd_edge_t *build_leaky(mmd_builder_t *b, const mmd_activation_t *a, mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, "LeakyRelu", 1, &x, &node);
  mmd_nn_set_float(b, node, "alpha", a->slope);
  return out;
}

static mmd_edge_t *build_sigmoid(mmd_builder_t *b, const mmd_activation_t *a, mmd_edge_t *x) {
  (void)a;
  return mmd_nn_unary(b, "Sigmoid", x);
}

static mmd_edge_t *build_tanh(mmd_builder_t *b, const mmd_activation_t *a, mmd_edge_t *x) {
  (void)a;
  return mmd_nn_unary(b, "Tanh", x);
}

static mmd_edge_t *build_silu(mmd_builder_t *b, const mmd_activation_t *a, mmd_edge_t *x) {
  (void)a;
  return mmd_nn_binary(b, "Mul", x, mmd_nn_unary(b, "Sigmoid", x));
}

static mmd_edge_t *build_gelu(mmd_builder_t *b, const mmd_activation_t *a, mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, "Gelu", 1, &x, &node);
  mmd_nn_set_string(b, node, "approximate", a->approximate ? "tanh" : "none");
  return out;
}

static mmd_edge_t *build_hard_swish(mmd_builder_t *b, const mmd_activation_t *a, mmd_edge_t *x) {
  (void)a;
  return mmd_nn_unary(b, "HardSwish", x);
}

typedef struct activation_type_t {
  const char *type;
  mmd_edge_t *(*build)(mmd_builder_t *b, const mmd_activation_t *a, mmd_edge_t *x);
} activation_type_t;

static const activation_type_t activation_types[] = {
    {"ReLU", build_relu},       {"ReLU6", build_relu6}, {"LeakyReLU", build_leaky},
    {"Sigmoid", build_sigmoid}, {"Tanh", build_tanh},   {"SiLU", build_silu},
    {"Swish", build_silu},      {"GELU", build_gelu},   {"HSwish", build_hard_swish},
    {"Clamp", build_clip},      {"Clip", build_clip},
};

static const activation_type_t *find_type(const char *type) {
  for (size_t i = 0; i < sizeof activation_types / sizeof activation_types[0]; ++i) {
    if (mmd_str_equal(type, activation_types[i].type)) return &activation_types[i];
  }
  return NULL;
}

static mmd_status_t read_cfg(const mmd_builder_t *builder, const char *key, const mmd_value_t *cfg,
                             mmd_activation_t *out) {
  static const char *const known[] = {"type", "inplace", "negative_slope",
                                      "min",  "max",     "approximate"};
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  const activation_type_t *found = find_type(type);
  if (!found) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "%s.%s: activation '%s' is not supported; known: ReLU, ReLU6, LeakyReLU, "
                     "Sigmoid, Tanh, SiLU, Swish, GELU, HSwish, Clamp",
                     builder->config_path, key, type);
  }
  for (size_t i = 0; i < mmd_object_size(cfg); ++i) {
    const char *name = mmd_object_key_at(cfg, i);
    bool is_known = false;
    for (size_t j = 0; j < sizeof known / sizeof known[0]; ++j) {
      is_known = is_known || mmd_str_equal(name, known[j]);
    }
    if (!is_known) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s.%s: activation '%s' has no such option",
                       builder->config_path, key, name, type);
    }
  }
  out->type = found->type;
  out->slope = mmd_value_get_float(mmd_object_get(cfg, "negative_slope"), 0.01);
  out->min = mmd_value_get_float(mmd_object_get(cfg, "min"), -1);
  out->max = mmd_value_get_float(mmd_object_get(cfg, "max"), 1);
  out->approximate =
      mmd_str_equal(mmd_value_get_string(mmd_object_get(cfg, "approximate"), "none"), "tanh");
  return NULL;
}

mmd_activation_t mmd_activation_read(mmd_builder_t *builder, const char *key,
                                     const mmd_value_t *cfg, const char *fallback) {
  mmd_activation_t activation = {.slope = 0.01, .min = -1, .max = 1};
  if (!cfg) {
    activation.type = fallback;
  } else if (!mmd_value_is_null(cfg)) {
    mmd_status_t status = read_cfg(builder, key, cfg, &activation);
    if (status) mmd_builder_fail(builder, status);
  }
  return activation;
}

mmd_edge_t *mmd_nn_activation(mmd_builder_t *builder, const mmd_activation_t *activation,
                              mmd_edge_t *x) {
  const activation_type_t *type = activation->type ? find_type(activation->type) : NULL;
  return type ? type->build(builder, activation, x) : x;
}

mmd_edge_t *mmd_nn_relu(mmd_builder_t *builder, mmd_edge_t *x) {
  return mmd_nn_unary(builder, "Relu", x);
}

mmd_edge_t *mmd_nn_softmax(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Softmax", 1, &x, &node);
  mmd_nn_set_int(builder, node, "axis", axis);
  return out;
}
