// SPDX-License-Identifier: Apache-2.0
//
// Lift: a list of steps for each item of a sample that is a list, such as the frames of a video.
// preprocess.c runs it.
#include <stddef.h>

#include "pipeline/transforms/steps.h"

static const mmd_option_t g_options[] = {
    {.name = "transforms",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mmd_compose_step_t, transforms),
     .flags = MMD_OPTION_REQUIRED,
     .help = "The steps."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("Lift", mmd_compose_step_t, g_options);

const mmd_component_t mmd_transform_lift = {
    .module = "Transform",
    .name = "Lift",
    .help = "Runs a list of steps on each item of a list.",
    .options = &g_table,
};
