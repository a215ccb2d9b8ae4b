// SPDX-License-Identifier: Apache-2.0
//
// The commands, one file each; commands.c lists them.
#ifndef MMD_CONVERT_COMMANDS_H_
#define MMD_CONVERT_COMMANDS_H_

#include "convert/command.h"

extern const mmd_command_t mmd_convert_command;
extern const mmd_command_t mmd_convert_head_command;
extern const mmd_command_t mmd_export_command;
extern const mmd_command_t mmd_inspect_command;
extern const mmd_command_t mmd_config_print_command;
extern const mmd_command_t mmd_config_get_command;
extern const mmd_command_t mmd_config_diff_command;
extern const mmd_command_t mmd_checkpoint_rename_command;
extern const mmd_command_t mmd_checkpoint_convert_command;
extern const mmd_command_t mmd_checkpoint_strip_command;
extern const mmd_command_t mmd_checkpoint_diff_command;
extern const mmd_command_t mmd_optimize_command;
extern const mmd_command_t mmd_run_onnx_command;
extern const mmd_command_t mmd_extract_command;
extern const mmd_command_t mmd_edit_command;
extern const mmd_command_t mmd_merge_command;
extern const mmd_command_t mmd_onnx2ncnn_command;
extern const mmd_command_t mmd_onnx2torchscript_command;
extern const mmd_command_t mmd_onnx2openvino_command;
extern const mmd_command_t mmd_diff_command;
extern const mmd_command_t mmd_parity_command;
extern const mmd_command_t mmd_passes_command;
extern const mmd_command_t mmd_backends_command;
extern const mmd_command_t mmd_ops_command;
extern const mmd_command_t mmd_check_env_command;
extern const mmd_command_t mmd_support_command;

#endif  // MMD_CONVERT_COMMANDS_H_
