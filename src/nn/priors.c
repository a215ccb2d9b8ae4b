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
  const char *where, *type;
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

static void set_box(const double center[2], float width, float height, float *box) {
  box[0] = (float)center[0] - 0.5F * width;
  box[1] = (float)center[1] - 0.5F * height;
  box[2] = (float)center[0] + 0.5F * width;
  box[3] = (float)center[1] + 0.5F * height;
}

// The anchors of one level, which differ in |base_size| and |center| alone.
static mmd_status_t fill_anchors(const generator_t *g, const shapes_t *shapes, double base_size,
                                 const double center[2], mmd_level_priors_t *level) {
  const float base = (float)base_size;
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
    set_box(center, width, height, level->base + 4 * i);
  }
  return NULL;
}

// |known| ends with NULL.
static mmd_status_t check_options(const generator_t *g, const char *const *known) {
  for (size_t i = 0; i < mmd_object_size(g->cfg); ++i) {
    const char *key = mmd_object_key_at(g->cfg, i);
    size_t k = 0;
    while (known[k] && strcmp(known[k], key) != 0) ++k;
    if (known[k] || strcmp(key, "type") == 0 || strcmp(key, "use_box_type") == 0) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s: %s has no such option", g->where, key, g->type);
  }
  return NULL;
}

static mmd_status_t read_anchors(const generator_t *g, mmd_priors_t *out_priors) {
  static const char *const known[] = {"strides",
                                      "ratios",
                                      "scales",
                                      "base_sizes",
                                      "scale_major",
                                      "center_offset",
                                      "scales_per_octave",
                                      "octave_base_scale",
                                      "centers",
                                      NULL};
  double strides[MMD_MAX_PRIOR_LEVELS][2];
  shapes_t shapes = {
      .scale_major = mmd_value_get_bool(mmd_object_get(g->cfg, "scale_major"), true),
      .center_offset = mmd_value_get_float(mmd_object_get(g->cfg, "center_offset"), 0)};
  const mmd_value_t *sizes = mmd_object_get(g->cfg, "base_sizes");
  const mmd_value_t *centers = mmd_object_get(g->cfg, "centers");
  MMD_TRY(check_options(g, known));
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
    double center[2] = {shapes.center_offset * base_size, shapes.center_offset * base_size};
    const mmd_value_t *given = mmd_array_at(centers, (size_t)i);
    if (!mmd_value_is_null(given) && !read_pair(given, center)) return wrong(g, "centers", "pairs");
    set_steps(strides[i], level);
    MMD_TRY(fill_anchors(g, &shapes, base_size, center, level));
  }
  return NULL;
}

//===--- SSD ---------------------------------------------------------------===//

typedef struct ssd_sizes_t {
  int count;
  double min[MMD_MAX_PRIOR_LEVELS], max[MMD_MAX_PRIOR_LEVELS];
} ssd_sizes_t;

static mmd_status_t read_given_sizes(const generator_t *g, const char *key, int count,
                                     double *out_sizes) {
  const mmd_value_t *list = mmd_object_get(g->cfg, key);
  if (mmd_array_size(list) != (size_t)count) return wrong(g, key, "one number a stride");
  for (int i = 0; i < count; ++i) {
    out_sizes[i] = mmd_value_get_float(mmd_array_at(list, (size_t)i), NAN);
    if (!isfinite(out_sizes[i]) || out_sizes[i] <= 0) return wrong(g, key, "positive numbers");
  }
  return NULL;
}

// Sizes of the first level, in percent of the input, for the input sizes and the least ratio that
// the code base knows.
static const struct {
  int64_t input_size, ratio, first_min, first_max;
} g_first_sizes[] = {{300, 15, 7, 15}, {300, 20, 10, 20}, {512, 10, 4, 10}, {512, 15, 7, 15}};

static mmd_status_t add_size(const generator_t *g, int count, int64_t input_size, int64_t low,
                             int64_t high, ssd_sizes_t *sizes) {
  if (sizes->count >= count) return wrong(g, "strides", "as many as basesize_ratio_range gives");
  sizes->min[sizes->count] = (double)(input_size * low / 100);
  sizes->max[sizes->count++] = (double)(input_size * high / 100);
  return NULL;
}

// Sizes grow evenly from the second level on.
static mmd_status_t make_sizes(const generator_t *g, int count, ssd_sizes_t *sizes) {
  const mmd_value_t *range = mmd_object_get(g->cfg, "basesize_ratio_range");
  const int64_t input_size = mmd_value_get_int(mmd_object_get(g->cfg, "input_size"), 300);
  double ends[2] = {0.15, 0.9};
  if (!mmd_value_is_null(range) && (mmd_array_size(range) != 2 || !read_pair(range, ends) ||
                                    !(ends[0] > 0 && ends[0] < ends[1] && ends[1] <= 100)))
    return wrong(g, "basesize_ratio_range", "two growing positive numbers");
  const int64_t low = (int64_t)(ends[0] * 100), high = (int64_t)(ends[1] * 100);
  size_t k = 0;
  while (k < 4 && (g_first_sizes[k].input_size != input_size || g_first_sizes[k].ratio != low)) ++k;
  if (k == 4) {
    return wrong(g, "input_size",
                 "300 (with a least ratio of 0.15 or 0.2), 512 (0.1 or 0.15), or min_sizes and "
                 "max_sizes");
  }
  const int64_t step = count > 2 ? (high - low) / (count - 2) : 0;
  if (step < 1) return wrong(g, "strides", "as many as basesize_ratio_range gives");
  MMD_TRY(add_size(g, count, input_size, g_first_sizes[k].first_min, g_first_sizes[k].first_max,
                   sizes));
  for (int64_t ratio = low; ratio <= high; ratio += step)
    MMD_TRY(add_size(g, count, input_size, ratio, ratio + step, sizes));
  return sizes->count == count ? NULL
                               : wrong(g, "strides", "as many as basesize_ratio_range gives");
}

static mmd_status_t read_sizes(const generator_t *g, int count, ssd_sizes_t *sizes) {
  const bool has_min = !mmd_value_is_null(mmd_object_get(g->cfg, "min_sizes"));
  if (has_min == mmd_value_is_null(mmd_object_get(g->cfg, "max_sizes")))
    return wrong(g, has_min ? "max_sizes" : "min_sizes",
                 "both of min_sizes and max_sizes, or none");
  if (!has_min) return make_sizes(g, count, sizes);
  MMD_TRY(read_given_sizes(g, "min_sizes", count, sizes->min));
  return read_given_sizes(g, "max_sizes", count, sizes->max);
}

// 1, then 1 / r and r of each.
static mmd_status_t read_ratios(const generator_t *g, const mmd_value_t *list, shapes_t *shapes) {
  const size_t count = mmd_array_size(list);
  if (2 * count + 1 > MMD_MAX_ANCHORS / 2) return wrong(g, "ratios", "lists of at most 7 numbers");
  shapes->ratios[0] = 1;
  shapes->ratio_count = 2 * count + 1;
  for (size_t i = 0; i < count; ++i) {
    const double ratio = mmd_value_get_float(mmd_array_at(list, i), NAN);
    if (!isfinite(ratio) || ratio <= 0) return wrong(g, "ratios", "lists of positive numbers");
    shapes->ratios[2 * i + 1] = (float)(1 / ratio);
    shapes->ratios[2 * i + 2] = (float)ratio;
  }
  return NULL;
}

// Of the larger scale one anchor is left: the one behind those of the smaller, as the second.
static void reorder(size_t ratio_count, mmd_level_priors_t *level) {
  float extra[4];
  memcpy(extra, level->base + 4 * ratio_count, sizeof extra);
  memmove(level->base + 8, level->base + 4, (ratio_count - 1) * sizeof extra);
  memcpy(level->base + 4, extra, sizeof extra);
  level->count = (int)ratio_count + 1;
}

static mmd_status_t read_ssd(const generator_t *g, mmd_priors_t *out_priors) {
  static const char *const known[] = {"strides",     "ratios",    "basesize_ratio_range",
                                      "input_size",  "min_sizes", "max_sizes",
                                      "scale_major", NULL};
  double strides[MMD_MAX_PRIOR_LEVELS][2];
  ssd_sizes_t sizes = {0};
  const mmd_value_t *ratios = mmd_object_get(g->cfg, "ratios");
  shapes_t shapes = {
      .scales = {1},
      .scale_count = 2,
      .scale_major = mmd_value_get_bool(mmd_object_get(g->cfg, "scale_major"), true)};
  MMD_TRY(check_options(g, known));
  MMD_TRY(read_strides(g, strides, &out_priors->count));
  MMD_TRY(read_sizes(g, out_priors->count, &sizes));
  if (mmd_array_size(ratios) != (size_t)out_priors->count)
    return wrong(g, "ratios", "one list a stride");
  for (int i = 0; i < out_priors->count; ++i) {
    mmd_level_priors_t *level = &out_priors->levels[i];
    const double center[] = {strides[i][0] / 2, strides[i][1] / 2};
    shapes.scales[1] = (float)sqrt(sizes.max[i] / sizes.min[i]);
    set_steps(strides[i], level);
    MMD_TRY(read_ratios(g, mmd_array_at(ratios, (size_t)i), &shapes));
    MMD_TRY(fill_anchors(g, &shapes, sizes.min[i], center, level));
    reorder(shapes.ratio_count, level);
  }
  return NULL;
}

//===--- YOLO --------------------------------------------------------------===//

static mmd_status_t read_yolo_level(const generator_t *g, const mmd_value_t *sizes,
                                    const double stride[2], mmd_level_priors_t *level) {
  const double center[] = {stride[0] / 2, stride[1] / 2};
  const size_t count = mmd_array_size(sizes);
  if (count < 1 || count > MMD_MAX_ANCHORS) return wrong(g, "base_sizes", "lists of 1 to 32 pairs");
  level->count = (int)count;
  level->size = 4;
  set_steps(stride, level);
  for (size_t i = 0; i < count; ++i) {
    double size[2];
    if (!read_pair(mmd_array_at(sizes, i), size)) return wrong(g, "base_sizes", "lists of pairs");
    set_box(center, (float)size[0], (float)size[1], level->base + 4 * i);
  }
  return NULL;
}

static mmd_status_t read_yolo(const generator_t *g, mmd_priors_t *out_priors) {
  static const char *const known[] = {"strides", "base_sizes", NULL};
  double strides[MMD_MAX_PRIOR_LEVELS][2];
  const mmd_value_t *sizes = mmd_object_get(g->cfg, "base_sizes");
  MMD_TRY(check_options(g, known));
  MMD_TRY(read_strides(g, strides, &out_priors->count));
  if (mmd_array_size(sizes) != (size_t)out_priors->count)
    return wrong(g, "base_sizes", "one list a stride");
  for (int i = 0; i < out_priors->count; ++i) {
    mmd_level_priors_t *level = &out_priors->levels[i];
    MMD_TRY(read_yolo_level(g, mmd_array_at(sizes, (size_t)i), strides[i], level));
    if (level->count != out_priors->levels[0].count)
      return wrong(g, "base_sizes", "lists of one length");
  }
  return NULL;
}

void mmd_priors_to_yolo(double stride, mmd_level_priors_t *level) {
  enum { SIZE = 5 };
  const float half_stride = (float)(0.5 * stride);
  level->size = SIZE;
  for (int i = level->count - 1; i >= 0; --i) {
    float box[4];
    float *prior = level->base + SIZE * i;
    memcpy(box, level->base + 4 * (size_t)i, sizeof box);
    for (int k = 0; k < 2; ++k) {
      prior[k] = 0.5F * (box[k] + box[2 + k]) - half_stride;
      prior[2 + k] = 0.5F * (box[2 + k] - box[k]);
    }
    prior[4] = (float)stride;
  }
  for (int k = 2; k < SIZE; ++k) level->step_x[k] = level->step_y[k] = 0;
}

//===--- points ------------------------------------------------------------===//

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

static mmd_status_t read_points(const generator_t *g, mmd_priors_t *out_priors) {
  double strides[MMD_MAX_PRIOR_LEVELS][2];
  MMD_TRY(read_strides(g, strides, &out_priors->count));
  for (int i = 0; i < out_priors->count; ++i) {
    mmd_priors_points(mmd_value_get_float(mmd_object_get(g->cfg, "offset"), 0.5), false, strides[i],
                      &out_priors->levels[i]);
  }
  return NULL;
}

mmd_status_t mmd_priors_read(const mmd_value_t *cfg, const char *where, mmd_priors_t *out_priors) {
  static const struct {
    const char *type;
    mmd_status_t (*read)(const generator_t *g, mmd_priors_t *out_priors);
  } types[] = {{"AnchorGenerator", read_anchors},
               {"SSDAnchorGenerator", read_ssd},
               {"YOLOAnchorGenerator", read_yolo},
               {"MlvlPointGenerator", read_points}};
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  const char *dot = strrchr(type, '.');
  if (dot) type = dot + 1;
  const generator_t g = {cfg, where, type};
  memset(out_priors, 0, sizeof *out_priors);
  for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
    if (strcmp(types[i].type, type) == 0) return types[i].read(&g, out_priors);
  }
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "%s: '%s' is not supported; known: AnchorGenerator, SSDAnchorGenerator, "
                   "YOLOAnchorGenerator, MlvlPointGenerator",
                   where, type);
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
  float steps[2 * MMD_MAX_PRIOR_SIZE];
  for (int i = 0; i < level->size; ++i) {
    steps[i] = level->step_y[i];
    steps[level->size + i] = level->step_x[i];
  }
  mmd_edge_t *const inputs[] = {feature, mmd_nn_constant_f32s(builder, 2, dims, level->base),
                                mmd_nn_constant_f32s(builder, 2, step_dims, steps)};
  mmd_node_t *node = mmd_nn_node(builder, MMD_DOMAIN_MMDEPLOY, "GridPriors", 3, inputs, 1);
  return node ? node->outputs[0] : NULL;
}
