// SPDX-License-Identifier: Apache-2.0
//
// The commands `mmdeploy run TASK`.
#ifndef MMDEPLOY_TOOLS_RUN_COMMAND_H_
#define MMDEPLOY_TOOLS_RUN_COMMAND_H_

int cli_run_count(void);
const char *cli_run_name(int index);  // "run detector"
const char *cli_run_summary(int index);
// |argv| are the words behind the name.
int cli_run(int index, int argc, char **argv);

#endif  // MMDEPLOY_TOOLS_RUN_COMMAND_H_
