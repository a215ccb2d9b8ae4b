// SPDX-License-Identifier: Apache-2.0
#include "frontends/openmmlab/image_input.h"

// Height and width of a static network; a dynamic one has no use for them.
static mmd_status_t image_size(const mmd_task_t *task, const mmd_task_context_t *context,
                               const mmd_deploy_view_t *view, int64_t out_size[2]) {
  const char *input = view->input_names[0];
  out_size[0] = view->input_height;
  out_size[1] = view->input_width;
  if (view->has_input_shape) return NULL;
  if (mmd_deploy_axis(view, input, 2, NULL) && mmd_deploy_axis(view, input, 3, NULL)) return NULL;
  MMD_TRY(task->input_size(context, out_size));
  if (out_size[0] > 0 && out_size[1] > 0) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "deploy config: the network is static, but the test pipeline leaves its size to "
                   "the image: give onnx_config.input_shape as [width, height]");
}

mmd_status_t mmd_image_input_add(const mmd_task_t *task, const mmd_task_context_t *context,
                                 const mmd_deploy_view_t *view, mmd_graph_t *graph,
                                 mmd_edge_t **out_edge) {
  const mmd_value_t *channels =
      mmd_object_get_path(context->model_cfg, "model.backbone.in_channels");
  int64_t size[2];
  mmd_type_t type;
  MMD_TRY(image_size(task, context, view, size));
  const int64_t dims[] = {1, mmd_value_get_int(channels, 3), size[0], size[1]};
  MMD_TRY(mmd_deploy_tensor_type(view, graph, view->input_names[0], MMD_F32, 4, dims, &type));
  return mmd_region_add_input(graph->root, view->input_names[0], &type, out_edge);
}
