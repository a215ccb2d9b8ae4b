// SPDX-License-Identifier: Apache-2.0
//
// The input of a network that sees one picture.
#ifndef MMD_FRONTENDS_OPENMMLAB_IMAGE_INPUT_H_
#define MMD_FRONTENDS_OPENMMLAB_IMAGE_INPUT_H_

#include "frontends/openmmlab/config.h"
#include "frontends/openmmlab/task.h"

// Adds the first input of |view| to the graph, NCHW in f32: channels as the backbone says, height
// and width from the deploy config, else from |task|'s input_size.
mmd_status_t mmd_image_input_add(const mmd_task_t *task, const mmd_task_context_t *context,
                                 const mmd_deploy_view_t *view, mmd_graph_t *graph,
                                 mmd_edge_t **out_edge) MMD_MUST_USE;

#endif  // MMD_FRONTENDS_OPENMMLAB_IMAGE_INPUT_H_
