// SPDX-License-Identifier: Apache-2.0
//
// Compose: a list within the list. preprocess.c takes its steps over, so there is nothing to apply.
#include <stddef.h>

#include "pipeline/transforms/steps.h"

static const mmd_option_t g_options[] = {
    {.name = "transforms",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mmd_compose_step_t, transforms),
     .flags = MMD_OPTION_REQUIRED,
     .help = "The steps."},
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("Compose", mmd_compose_step_t, g_options);

const mmd_component_t mmd_transform_compose = {
    .module = "Transform",
    .name = "Compose",
    .help = "Runs a list of steps.",
    .options = &g_table,
};
