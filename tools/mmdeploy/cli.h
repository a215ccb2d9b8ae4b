// SPDX-License-Identifier: Apache-2.0
//
// What the files of the command line share.
#ifndef MMDEPLOY_TOOLS_CLI_H_
#define MMDEPLOY_TOOLS_CLI_H_

// Exit statuses.
enum {
  CLI_OK = 0,
  CLI_FAILED = 1,    // one line on standard error says why
  CLI_USAGE = 2,     // wrong arguments: usage and message on standard error
  CLI_MISMATCH = 3,  // results differ by more than the tolerance
};

// The commands of libmmdeploy_convert.
int cli_convert_commands_run(int argc, char **argv);  // |argv[0]| is the command's first word
// Their names and summaries for the help of all commands; a note when the library is missing.
void cli_convert_commands_list(void);

// `check-env` without libmmdeploy_convert.
int cli_environment_print(void);

// The number of words of |argv| that |name| ("checkpoint rename") matches, or 0.
int cli_match_name(const char *name, int argc, char **argv);

#endif  // MMDEPLOY_TOOLS_CLI_H_
