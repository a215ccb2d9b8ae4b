// SPDX-License-Identifier: Apache-2.0
//
// The table of commands, in the order of the help.
#include "convert/commands.h"

#include <stddef.h>

const mmd_command_t *const mmd_command_registry[] = {
    &mmd_convert_command,
    &mmd_convert_head_command,
    &mmd_export_command,
    &mmd_inspect_command,
    &mmd_config_print_command,
    &mmd_config_get_command,
    &mmd_config_diff_command,
    &mmd_checkpoint_rename_command,
    &mmd_checkpoint_convert_command,
    &mmd_checkpoint_strip_command,
    &mmd_checkpoint_diff_command,
    &mmd_optimize_command,
    &mmd_run_onnx_command,
    &mmd_extract_command,
    &mmd_edit_command,
    &mmd_merge_command,
    &mmd_onnx2openvino_command,
    &mmd_onnx2ncnn_command,
    &mmd_onnx2torchscript_command,
    &mmd_diff_command,
    &mmd_parity_command,
    &mmd_passes_command,
    &mmd_backends_command,
    &mmd_ops_command,
    &mmd_check_env_command,
    &mmd_support_command,
    NULL,
};
