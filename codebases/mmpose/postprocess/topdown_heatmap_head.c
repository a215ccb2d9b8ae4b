// SPDX-License-Identifier: Apache-2.0
//
// TopdownHeatmapBaseHeadDecode under the names of all heat map heads: the key points of one person
// from a heat map each, and of UDP's combined targets, from a heat map and two maps of offsets.
#include <float.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "codebases/mmpose/postprocess/heads.h"
#include "codebases/mmpose/postprocess/heatmap.h"
#include "kernels/gaussian_blur.h"

#define HEAD "TopdownHeatmapBaseHeadDecode"

typedef enum refinement_t { REFINE_NONE, REFINE_SHIFT, REFINE_DARK, REFINE_MEGVII } refinement_t;

typedef struct topdown_heatmap_t {
  const mmd_value_t *post_process;
  bool use_udp, unbiased_decoding, unbiased;
  const char *target_type, *heatmap_type;
  int64_t modulate_kernel, blur_kernel_size;
  double valid_radius_factor, radius_factor;
} topdown_heatmap_t;

static const mmd_option_t g_options[] = {
    {.name = "post_process",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(topdown_heatmap_t, post_process),
     .help = "'unbiased' is DARK, 'megvii' a blur first; null or false nothing; any other name "
             "moves points a quarter of a pixel."},
    {.name = "use_udp",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(topdown_heatmap_t, use_udp),
     .default_text = "false",
     .help = "Unbiased data processing: pixels are points, not areas."},
    {.name = "target_type",
     .type = MMD_OPTION_STRING,
     .offset = offsetof(topdown_heatmap_t, target_type),
     .default_text = "GaussianHeatmap",
     .help = "With use_udp: GaussianHeatmap or CombinedTarget, in any case."},
    {.name = "heatmap_type",
     .type = MMD_OPTION_STRING,
     .offset = offsetof(topdown_heatmap_t, heatmap_type),
     .default_text = "gaussian",
     .help = "The same in packages of 1.x: gaussian or combined."},
    {.name = "modulate_kernel",
     .type = MMD_OPTION_INT,
     .offset = offsetof(topdown_heatmap_t, modulate_kernel),
     .default_text = "0",
     .min = 0,
     .max = MMD_GAUSSIAN_MAX_SIZE,
     .help = "Size of the blur, odd; 0 is that of blur_kernel_size."},
    {.name = "blur_kernel_size",
     .type = MMD_OPTION_INT,
     .offset = offsetof(topdown_heatmap_t, blur_kernel_size),
     .default_text = "11",
     .min = 1,
     .max = MMD_GAUSSIAN_MAX_SIZE,
     .help = "Size of the blur in packages of 1.x."},
    {.name = "valid_radius_factor",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(topdown_heatmap_t, valid_radius_factor),
     .default_text = "0.0546875",
     .help = "CombinedTarget: length of an offset of 1, in heights of the map."},
    {.name = "radius_factor",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(topdown_heatmap_t, radius_factor),
     .default_text = "0.0546875",
     .help = "The same in packages of 1.x, in longer sides of the map."},
    {.name = "unbiased_decoding",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(topdown_heatmap_t, unbiased_decoding),
     .default_text = "false",
     .help = "An older name of post_process 'unbiased'."},
    {.name = "unbiased",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(topdown_heatmap_t, unbiased),
     .default_text = "false",
     .help = "The same in packages of 1.x."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(HEAD, topdown_heatmap_t, g_options);

//===--- options ---===//

// Whether |text| is the small letters of |word|, in any case.
static bool is_word(const char *text, const char *word) {
  for (; *text && *word; ++text, ++word) {
    const char letter = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
    if (letter != *word) return false;
  }
  return *text == *word;
}

static bool is_combined(const topdown_heatmap_t *head) {
  return is_word(head->target_type, "combinedtarget") || is_word(head->heatmap_type, "combined");
}

static size_t kernel_of(const topdown_heatmap_t *head) {
  return (size_t)(head->modulate_kernel ? head->modulate_kernel : head->blur_kernel_size);
}

static refinement_t refinement_of(const topdown_heatmap_t *head) {
  const bool is_unbiased = head->unbiased_decoding || head->unbiased;
  const mmd_value_t *name = head->post_process;
  const char *text = mmd_value_get_string(name, "default");
  if (name && (mmd_value_is_null(name) || !mmd_value_get_bool(name, true))) return REFINE_NONE;
  if (strcmp(text, "null") == 0) return REFINE_NONE;
  if (strcmp(text, "megvii") == 0) return REFINE_MEGVII;
  return is_unbiased || strcmp(text, "unbiased") == 0 ? REFINE_DARK : REFINE_SHIFT;
}

static mmd_status_t check(const void *options, const char *where) {
  const topdown_heatmap_t *head = options;
  const mmd_value_kind_t kind = mmd_value_kind(head->post_process);
  if (kind != MMD_VALUE_NULL && kind != MMD_VALUE_STRING && kind != MMD_VALUE_BOOL) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.post_process: a name, a bool or null is expected, found %s", where,
                     mmd_value_kind_name(kind));
  }
  if (kernel_of(head) % 2 == 0 || (is_combined(head) && kernel_of(head) > 127)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: a blur of %zu pixels; odd sizes up to %d are "
                     "accepted",
                     where, kernel_of(head), is_combined(head) ? 127 : 255);
  }
  if (head->use_udp && !is_combined(head) && !is_word(head->target_type, "gaussianheatmap")) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.target_type: '%s'; GaussianHeatmap and CombinedTarget are accepted", where,
                     head->target_type);
  }
  return NULL;
}

//===--- decoding ---===//

static mmd_status_t decode_biased(const topdown_heatmap_t *head, int release,
                                  const mmd_heatmap_t *map, mmd_key_point_t *out_point) {
  const refinement_t refinement = refinement_of(head);
  if (refinement == REFINE_MEGVII) MMD_TRY(mmd_heatmap_modulate(map, kernel_of(head)));
  *out_point = mmd_heatmap_maximum(map);
  if (refinement == REFINE_DARK) {
    MMD_TRY(mmd_heatmap_modulate(map, kernel_of(head)));
    mmd_heatmap_log(map, 1e-10F, FLT_MAX);
    mmd_heatmap_refine_dark(map, out_point);
  } else if (refinement == REFINE_SHIFT) {
    mmd_heatmap_shift(map, release, out_point);
  } else if (refinement == REFINE_MEGVII) {
    if (mmd_heatmap_shift(map, 0, out_point)) {
      out_point->x += .5F;
      out_point->y += .5F;
    }
    out_point->score = out_point->score / 255 + .5F;
  }
  return NULL;
}

static mmd_status_t decode_udp(const topdown_heatmap_t *head, int release, const mmd_heatmap_t *map,
                               mmd_key_point_t *out_point) {
  *out_point = mmd_heatmap_maximum(map);
  // mmpose 1.x keeps the height of the maximum here, 0.x does not.
  if (release >= 1) {
    MMD_TRY(mmd_heatmap_modulate(map, kernel_of(head)));
  } else {
    MMD_TRY(mmd_gaussian_blur_f32(map->pixels, map->width, map->height, kernel_of(head)));
  }
  mmd_heatmap_log(map, .001F, 50);
  mmd_heatmap_refine_udp(map, out_point);
  return NULL;
}

// |maps| are the heat map and the offsets along x and y.
static mmd_status_t decode_combined(const topdown_heatmap_t *head, int release,
                                    const mmd_heatmap_t *map, mmd_key_point_t *out_point) {
  const size_t area = map->width * map->height, kernel = kernel_of(head);
  const size_t longer = map->width > map->height ? map->width : map->height;
  const double factor = release >= 1 ? head->radius_factor : head->valid_radius_factor;
  const float radius = (float)(factor * (double)(release >= 1 ? longer : map->height));
  MMD_TRY(mmd_gaussian_blur_f32(map->pixels, map->width, map->height, 2 * kernel + 1));
  for (size_t i = 1; i < 3 && release < 1; ++i) {
    MMD_TRY(mmd_gaussian_blur_f32(map->pixels + i * area, map->width, map->height, kernel));
  }
  *out_point = mmd_heatmap_maximum(map);
  if (out_point->x < 0) return NULL;
  const size_t at = (size_t)out_point->y * map->width + (size_t)out_point->x;
  out_point->x += map->pixels[area + at] * radius;
  out_point->y += map->pixels[2 * area + at] * radius;
  return NULL;
}

typedef struct maps_t {
  float *pixels;  // writable
  size_t count, width, height;
} maps_t;

static mmd_status_t decode(const topdown_heatmap_t *head, int release, const maps_t *maps,
                           const mmd_crop_t *crop, size_t count, mmd_key_point_t *out_points) {
  const size_t area = maps->width * maps->height, stride = maps->count / count * area;
  const double inset = head->use_udp ? 1 : 0;
  for (size_t i = 0; i < count; ++i) {
    const mmd_heatmap_t map = {maps->pixels + i * stride, maps->width, maps->height};
    if (!head->use_udp)
      MMD_TRY(decode_biased(head, release, &map, &out_points[i]));
    else if (is_combined(head))
      MMD_TRY(decode_combined(head, release, &map, &out_points[i]));
    else
      MMD_TRY(decode_udp(head, release, &map, &out_points[i]));
    mmd_crop_map(crop, (double)maps->width - inset, (double)maps->height - inset, &out_points[i]);
  }
  return NULL;
}

static mmd_status_t check_maps(const topdown_heatmap_t *head, const maps_t *maps) {
  if (head->use_udp && is_combined(head) && maps->count % 3) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     HEAD ": %zu maps; combined targets need three for each key point",
                     maps->count);
  }
  if (maps->count && (maps->width < 1 || maps->height < 1)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD ": maps of %zux%zu pixels", maps->width,
                     maps->height);
  }
  return NULL;
}

static mmd_status_t decode_copy(const topdown_heatmap_t *head, int release, maps_t maps,
                                const mmd_crop_t *crop, mmd_value_t **out_result) {
  const size_t count = maps.count / (head->use_udp && is_combined(head) ? 3 : 1);
  const size_t size = maps.count * maps.width * maps.height;
  const float *pixels = maps.pixels;
  maps.pixels = mmd_alloc_array(size + 1, sizeof *maps.pixels);
  mmd_key_point_t *points = mmd_alloc_array(count + 1, sizeof *points);
  mmd_status_t status = maps.pixels && points ? NULL : mmd_status_no_memory();
  if (!status && size) memcpy(maps.pixels, pixels, size * sizeof *pixels);
  if (!status && count) status = decode(head, release, &maps, crop, count, points);
  if (!status) status = mmd_key_points_to_value(points, count, out_result);
  mmd_free(maps.pixels);
  mmd_free(points);
  return status;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const int64_t dims[] = {1, -1, -1, -1};
  mmd_tensor_t output;
  mmd_crop_t crop;
  (void)input_count;
  MMD_TRY(mmd_crop_read(inputs[0], HEAD, &crop));
  MMD_TRY(mmd_net_output_get(inputs[1], HEAD, "output", MMD_F32, 4, dims, &output));
  const maps_t maps = {(float *)(uintptr_t)mmd_tensor_data(&output), (size_t)output.shape.dims[1],
                       (size_t)output.shape.dims[3], (size_t)output.shape.dims[2]};
  mmd_status_t status = check_maps(options, &maps);
  if (!status) status = decode_copy(options, context->release, maps, &crop, out_result);
  mmd_tensor_deinit(&output);
  return status;
}

#define HEAD_NAMED(class_name)                                                             \
  {                                                                                        \
    .module = "mmpose", .name = class_name "Decode",                                       \
    .help = "Key points of a person from heat maps.", .options = &g_table, .check = check, \
    .apply = apply, .input_count = 2,                                                      \
  }

const mmd_component_t mmd_topdown_heatmap_base_head = HEAD_NAMED("TopdownHeatmapBaseHead");
const mmd_component_t mmd_topdown_heatmap_simple_head = HEAD_NAMED("TopdownHeatmapSimpleHead");
const mmd_component_t mmd_topdown_heatmap_multi_stage_head =
    HEAD_NAMED("TopdownHeatmapMultiStageHead");
const mmd_component_t mmd_vipnas_heatmap_simple_head = HEAD_NAMED("ViPNASHeatmapSimpleHead");
const mmd_component_t mmd_topdown_heatmap_msmu_head = HEAD_NAMED("TopdownHeatmapMSMUHead");
