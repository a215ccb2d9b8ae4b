// SPDX-License-Identifier: Apache-2.0
//
// The older forms of Resize.
#include "base/str.h"
#include "writers/onnx/lower_rules.h"

mmd_status_t mmd_lower_resize_19(mmd_node_t *node, const char **out_reason) {
  const char *mode = mmd_node_attr_string(node, "coordinate_transformation_mode", "half_pixel");
  if (mmd_str_equal(mode, "half_pixel_symmetric"))
    *out_reason = "its coordinates are half_pixel_symmetric";
  return NULL;
}

mmd_status_t mmd_lower_resize_18(mmd_node_t *node, const char **out_reason) {
  if (mmd_node_attr(node, "axes")) *out_reason = "it has axes";
  MMD_TRY(mmd_lower_drop_int(node, "antialias", 0, "it has antialias", out_reason));
  return mmd_lower_drop_text(node, "keep_aspect_ratio_policy", "stretch",
                             "it keeps the aspect ratio", out_reason);
}

// roi and scales were not optional.
mmd_status_t mmd_lower_resize_13(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  static const char *const names[] = {"", "roi", "scales"};
  for (size_t i = 1; i < 3; i++) {
    if (mmd_node_input(node, i)) continue;
    const mmd_shape_t shape = {1, {0}};
    mmd_tensor_t tensor = {0};
    mmd_edge_t *edge = NULL;
    MMD_TRY(mmd_tensor_create(MMD_F32, &shape, true, &tensor));
    mmd_status_t status = mmd_region_add_constant(node->region, names[i], &tensor, &edge);
    mmd_tensor_deinit(&tensor);
    MMD_TRY(status);
    MMD_TRY(mmd_node_set_input(node, i, edge));
  }
  return NULL;
}

// Why Resize-10 would choose other pixels: it takes the ceiling along an axis that becomes smaller
// and the floor otherwise. Scales that are not known are taken for larger than 1.
static const char *other_pixels(const mmd_node_t *node) {
  const char *nearest = mmd_node_attr_string(node, "nearest_mode", "round_prefer_floor");
  const mmd_tensor_t *scales = mmd_lower_constant(node, 2);
  bool is_floor = mmd_str_equal(nearest, "floor"), is_ceil = mmd_str_equal(nearest, "ceil");
  if (!is_floor && !(is_ceil && scales)) return "its nearest_mode is not floor";
  for (size_t i = 0; scales && i < mmd_tensor_count(scales); i++) {
    double scale = mmd_tensor_get_f64(scales, i);
    if (is_floor && scale < 1) return "its nearest_mode is floor and it makes its input smaller";
    if (is_ceil && scale > 1) return "its nearest_mode is ceil and it makes its input larger";
  }
  return NULL;
}

// Resize-10 knows scales only and coordinates x / scale.
mmd_status_t mmd_lower_resize_11(mmd_node_t *node, const char **out_reason) {
  const char *mode = mmd_node_attr_string(node, "mode", "nearest");
  const char *how = mmd_node_attr_string(node, "coordinate_transformation_mode", "half_pixel");
  bool is_nearest = mmd_str_equal(mode, "nearest");
  if (is_nearest) *out_reason = other_pixels(node);
  if (mmd_node_input(node, 3)) *out_reason = "it is told sizes, not scales";
  if (!mmd_str_equal(how, "asymmetric")) *out_reason = "its coordinates are not asymmetric";
  if (mmd_str_equal(mode, "cubic")) *out_reason = "its mode is cubic";
  if (*out_reason) return NULL;
  mmd_edge_t *scales = mmd_node_input(node, 2);
  MMD_TRY(mmd_lower_become(node, "Resize", mmd_node_input(node, 0), scales));
  return mmd_node_set_string(node, "mode", is_nearest ? "nearest" : "linear");
}

mmd_status_t mmd_lower_resize_10(mmd_node_t *node, const char **out_reason) {
  const mmd_tensor_t *scales = mmd_lower_constant(node, 1);
  for (size_t i = 0; scales && i < mmd_tensor_count(scales); i++) {
    if (mmd_tensor_get_f64(scales, i) < 1) *out_reason = "it makes its input smaller";
  }
  return *out_reason ? NULL : mmd_node_set_op(node, MMD_DOMAIN_ONNX, "Upsample", node->version);
}
