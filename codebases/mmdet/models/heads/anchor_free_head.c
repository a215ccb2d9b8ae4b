// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/heads/anchor_free_head.h"

#include <string.h>

#include "value/json.h"

// The dict of a point generator.
static mmd_status_t make_generator(const mmd_head_points_t *points, mmd_value_t **out_cfg) {
  mmd_value_t *strides = NULL, *cfg = mmd_value_object();
  if (!cfg) return mmd_status_no_memory();
  mmd_status_t status =
      mmd_value_is_null(points->strides)
          ? mmd_json_parse(points->fallback, strlen(points->fallback), "strides", &strides)
          : mmd_value_copy(points->strides, &strides);
  if (!status) status = mmd_object_take(cfg, "strides", strides);
  if (!status) status = mmd_object_take(cfg, "type", mmd_value_string("MlvlPointGenerator"));
  if (!status) status = mmd_object_take(cfg, "offset", mmd_value_float(points->offset));
  if (status) {
    mmd_value_release(cfg);
    return status;
  }
  *out_cfg = cfg;
  return NULL;
}

static mmd_status_t read_points(const mmd_head_points_t *points, mmd_priors_t *out_priors) {
  mmd_value_t *generator = NULL;
  MMD_TRY(make_generator(points, &generator));
  mmd_status_t status = mmd_priors_read(generator, points->where, out_priors);
  mmd_value_release(generator);
  return status;
}

bool mmd_anchor_free_head_plan(mmd_builder_t *b, const mmd_anchor_free_head_t *self,
                               const mmd_head_points_t *points, const char *default_norm,
                               const mmd_features_t *inputs, mmd_anchor_plan_t *out_plan) {
  mmd_priors_t priors = {0};
  mmd_status_t status = read_points(points, &priors);
  if (status) {
    mmd_builder_fail(b, status);
    return false;
  }
  const bool ok = mmd_point_head_plan(b, &self->base, &priors, default_norm, inputs, out_plan);
  out_plan->conv_bias = mmd_value_get_bool(self->conv_bias, false);  // 'auto' is no bool
  out_plan->deformable = self->dcn_on_last_conv ? "{\"type\": \"DCNv2\"}" : NULL;
  out_plan->deformable_layer = self->base.stacked_convs - 1;
  return ok;
}
