// SPDX-License-Identifier: Apache-2.0
//
// The base anchors are computed in float32, in the order of PyTorch's operations.
#include "nn/priors.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

//===--- reading -----------------------------------------------------------===//

typedef struct generator_t {
  const mmd_value_t *cfg;
  const char *where;
} generator_t;

static mmd_status_t wrong(const generator_t *g, const char *key, const char *expected) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s: %s is expected", g->where, key, expected);
}

// A number, or a pair (width, height).
static bool read_pair(const mmd_value_t *value, double out_pair[2]) {
  const bool is_pair = mmd_array_size(value) == 2;
  const mmd_value_t *first = is_pair ? mmd_array_at(value, 0) : value;
  const mmd_value_t *second = is_pair ? mmd_array_at(value, 1) : value;
  out_pair[0] = mmd_value_get_float(first, NAN);
  out_pair[1] = mmd_value_get_float(second, NAN);
  return isfinite(out_pair[0]) && isfinite(out_pair[1]);
}

static mmd_status_t read_floats(const generator_t *g, const char *key, float *out_numbers,
                                size_t *out_count) {
  const mmd_value_t *list = mmd_object_get(g->cfg, key);
  const size_t count = mmd_array_size(list);
  if (count < 1 || count > MMD_MAX_ANCHORS) return wrong(g, key, "a list of 1 to 32 numbers");
  for (size_t i = 0; i < count; ++i) {
    out_numbers[i] = (float)mmd_value_get_float(mmd_array_at(list, i), NAN);
    if (!isfinite(out_numbers[i]) || out_numbers[i] <= 0)
      return wrong(g, key, "a list of positive numbers");
  }
  *out_count = count;
  return NULL;
}

static mmd_status_t read_strides(const generator_t *g, double (*out_strides)[2], int *out_count) {
  const mmd_value_t *list = mmd_object_get(g->cfg, "strides");
  const size_t count = mmd_array_size(list);
  if (count < 1 || count > MMD_MAX_PRIOR_LEVELS) return wrong(g, "strides", "a list of 1 to 16");
  for (size_t i = 0; i < count; ++i) {
    if (!read_pair(mmd_array_at(list, i), out_strides[i]) || out_strides[i][0] <= 0 ||
        out_strides[i][1] <= 0)
      return wrong(g, "strides", "positive numbers or pairs");
  }
  *out_count = (int)count;
  return NULL;
}

static void set_steps(const double stride[2], mmd_level_priors_t *level) {
  memset(level->step_x, 0, sizeof level->step_x);
  memset(level->step_y, 0, sizeof level->step_y);
  level->step_x[0] = level->step_x[2] = (float)stride[0];
  level->step_y[1] = level->step_y[3] = (float)stride[1];
}

typedef struct shapes_t {
  float scales[MMD_MAX_ANCHORS], ratios[MMD_MAX_ANCHORS];
  size_t scale_count, ratio_count;
  bool scale_major;
  double center_offset;
} shapes_t;

static mmd_status_t read_scales(const generator_t *g, shapes_t *shapes) {
  const mmd_value_t *base = mmd_object_get(g->cfg, "octave_base_scale");
  const mmd_value_t *per_octave = mmd_object_get(g->cfg, "scales_per_octave");
  const bool has_octaves = !mmd_value_is_null(base) && !mmd_value_is_null(per_octave);
  if (has_octaves != mmd_value_is_null(mmd_object_get(g->cfg, "scales")))
    return wrong(g, "scales", "either this or octave_base_scale and scales_per_octave");
  if (!has_octaves) return read_floats(g, "scales", shapes->scales, &shapes->scale_count);
  const int64_t count = mmd_value_get_int(per_octave, 0);
  if (count < 1 || count > MMD_MAX_ANCHORS) return wrong(g, "scales_per_octave", "1 to 32");
  for (int64_t i = 0; i < count; ++i) {
    shapes->scales[i] = (float)(pow(2, (double)i / (double)count) * mmd_value_get_float(base, NAN));
    if (!isfinite(shapes->scales[i])) return wrong(g, "octave_base_scale", "a number");
  }
  shapes->scale_count = (size_t)count;
  return NULL;
}

// The anchors of one level, which differ in |base_size| alone.
static mmd_status_t fill_anchors(const generator_t *g, const shapes_t *shapes, double base_size,
                                 const mmd_value_t *center, mmd_level_priors_t *level) {
  const float base = (float)base_size;
  double at[2] = {shapes->center_offset * base_size, shapes->center_offset * base_size};
  if (!mmd_value_is_null(center) && !read_pair(center, at)) return wrong(g, "centers", "pairs");
  const size_t count = shapes->scale_count * shapes->ratio_count;
  if (count > MMD_MAX_ANCHORS) return wrong(g, "scales", "at most 32 anchors a cell");
  level->count = (int)count;
  level->size = 4;
  for (size_t i = 0; i < count; ++i) {
    const size_t ratio = shapes->scale_major ? i / shapes->scale_count : i % shapes->ratio_count;
    const size_t scale = shapes->scale_major ? i % shapes->scale_count : i / shapes->ratio_count;
    const float h_ratio = sqrtf(shapes->ratios[ratio]), w_ratio = 1 / h_ratio;
    const float size = shapes->scales[scale];
    const float width = shapes->scale_major ? base * w_ratio * size : base * size * w_ratio;
    const float height = shapes->scale_major ? base * h_ratio * size : base * size * h_ratio;
    float *box = level->base + 4 * i;
    box[0] = (float)at[0] - 0.5F * width;
    box[1] = (float)at[1] - 0.5F * height;
    box[2] = (float)at[0] + 0.5F * width;
    box[3] = (float)at[1] + 0.5F * height;
  }
  return NULL;
}

static mmd_status_t check_options(const generator_t *g) {
  static const char *const known[] = {"type",          "strides",           "ratios",
                                      "scales",        "base_sizes",        "scale_major",
                                      "center_offset", "scales_per_octave", "octave_base_scale",
                                      "centers"};
  for (size_t i = 0; i < mmd_object_size(g->cfg); ++i) {
    const char *key = mmd_object_key_at(g->cfg, i);
    size_t k = 0;
    while (k < sizeof known / sizeof *known && strcmp(known[k], key) != 0) ++k;
    if (k < sizeof known / sizeof *known) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s: AnchorGenerator has no such option", g->where,
                     key);
  }
  return NULL;
}

static mmd_status_t read_anchors(const generator_t *g, mmd_priors_t *out_priors) {
  double strides[MMD_MAX_PRIOR_LEVELS][2];
  shapes_t shapes = {
      .scale_major = mmd_value_get_bool(mmd_object_get(g->cfg, "scale_major"), true),
      .center_offset = mmd_value_get_float(mmd_object_get(g->cfg, "center_offset"), 0)};
  const mmd_value_t *sizes = mmd_object_get(g->cfg, "base_sizes");
  const mmd_value_t *centers = mmd_object_get(g->cfg, "centers");
  MMD_TRY(check_options(g));
  MMD_TRY(read_strides(g, strides, &out_priors->count));
  MMD_TRY(read_scales(g, &shapes));
  MMD_TRY(read_floats(g, "ratios", shapes.ratios, &shapes.ratio_count));
  if (!mmd_value_is_null(sizes) && mmd_array_size(sizes) != (size_t)out_priors->count)
    return wrong(g, "base_sizes", "one number a stride");
  for (int i = 0; i < out_priors->count; ++i) {
    mmd_level_priors_t *level = &out_priors->levels[i];
    const double base_size = mmd_value_is_null(sizes)
                                 ? fmin(strides[i][0], strides[i][1])
                                 : mmd_value_get_float(mmd_array_at(sizes, (size_t)i), NAN);
    if (!isfinite(base_size)) return wrong(g, "base_sizes", "numbers");
    set_steps(strides[i], level);
    MMD_TRY(fill_anchors(g, &shapes, base_size, mmd_array_at(centers, (size_t)i), level));
  }
  return NULL;
}

void mmd_priors_points(double offset, bool with_stride, const double stride[2],
                       mmd_level_priors_t *out_level) {
  set_steps(stride, out_level);
  out_level->count = 1;
  out_level->size = with_stride ? 4 : 2;
  out_level->step_x[2] = out_level->step_y[3] = 0;
  for (int i = 0; i < 2; ++i) {
    out_level->base[i] = (float)(offset * stride[i]);
    out_level->base[2 + i] = (float)stride[i];
  }
}

mmd_status_t mmd_priors_read(const mmd_value_t *cfg, const char *where, mmd_priors_t *out_priors) {
  const generator_t g = {cfg, where};
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  const char *dot = strrchr(type, '.');
  if (dot) type = dot + 1;
  memset(out_priors, 0, sizeof *out_priors);
  if (strcmp(type, "AnchorGenerator") == 0) return read_anchors(&g, out_priors);
  if (strcmp(type, "MlvlPointGenerator") != 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "%s: '%s' is not supported; known: AnchorGenerator, MlvlPointGenerator", where,
                     type);
  }
  double strides[MMD_MAX_PRIOR_LEVELS][2];
  MMD_TRY(read_strides(&g, strides, &out_priors->count));
  for (int i = 0; i < out_priors->count; ++i) {
    mmd_priors_points(mmd_value_get_float(mmd_object_get(cfg, "offset"), 0.5), false, strides[i],
                      &out_priors->levels[i]);
  }
  return NULL;
}

//===--- building ----------------------------------------------------------===//

static void fill(const mmd_level_priors_t *level, int64_t height, int64_t width, float *out) {
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int i = 0; i < level->count * level->size; ++i) {
        const int k = i % level->size;
        *out++ = level->base[i] + ((float)x * level->step_x[k] + (float)y * level->step_y[k]);
      }
    }
  }
}

static mmd_edge_t *constant_priors(mmd_builder_t *builder, const mmd_level_priors_t *level,
                                   int64_t height, int64_t width) {
  size_t count = 0;
  const int64_t dims[] = {height * width * level->count, level->size};
  if (!mmd_checked_mul((size_t)height, (size_t)width, &count) ||
      !mmd_checked_mul(count, (size_t)(level->count * level->size), &count)) {
    mmd_builder_fail(builder, MMD_ERROR(MMD_OUT_OF_RANGE, "%s: too many priors: %lld x %lld cells",
                                        builder->config_path, (long long)height, (long long)width));
    return NULL;
  }
  float *numbers = mmd_alloc_array(count ? count : 1, sizeof *numbers);
  if (!numbers) {
    mmd_builder_fail(builder, mmd_status_no_memory());
    return NULL;
  }
  fill(level, height, width, numbers);
  mmd_edge_t *edge = mmd_nn_constant_f32s(builder, 2, dims, numbers);
  mmd_free(numbers);
  return edge;
}

mmd_edge_t *mmd_nn_priors(mmd_builder_t *builder, const mmd_level_priors_t *level,
                          mmd_edge_t *feature) {
  mmd_nn_infer(builder);
  if (!mmd_builder_ok(builder)) return NULL;
  const int64_t height = mmd_nn_size(feature, 2), width = mmd_nn_size(feature, 3);
  if (height >= 0 && width >= 0) return constant_priors(builder, level, height, width);
  const int64_t dims[] = {level->count, level->size}, step_dims[] = {2, level->size};
  float steps[8];
  for (int i = 0; i < level->size; ++i) {
    steps[i] = level->step_y[i];
    steps[level->size + i] = level->step_x[i];
  }
  mmd_edge_t *const inputs[] = {feature, mmd_nn_constant_f32s(builder, 2, dims, level->base),
                                mmd_nn_constant_f32s(builder, 2, step_dims, steps)};
  mmd_node_t *node = mmd_nn_node(builder, MMD_DOMAIN_MMDEPLOY, "GridPriors", 3, inputs, 1);
  return node ? node->outputs[0] : NULL;
}
