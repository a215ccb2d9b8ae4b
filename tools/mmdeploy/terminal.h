// SPDX-License-Identifier: Apache-2.0
//
// Messages, colours and progress. Colours and bars appear on terminals only.
#ifndef MMDEPLOY_TOOLS_TERMINAL_H_
#define MMDEPLOY_TOOLS_TERMINAL_H_

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum cli_style_t {
  CLI_STYLE_RESET,
  CLI_STYLE_BOLD,
  CLI_STYLE_DIM,
  CLI_STYLE_RED
} cli_style_t;

// False for files, pipes, TERM=dumb and where NO_COLOR is set.
bool cli_is_terminal(FILE *stream);
// The escape sequence, or "" where |stream| is no terminal.
const char *cli_style(FILE *stream, cli_style_t style);

// Text that may come from a file: control characters but newline and tab become '?', so that it
// cannot steer the terminal.
void cli_print_clean(FILE *stream, const char *text);
// "mmdeploy <message>" as one line on standard error; the message begins with the command ("run
// classifier: …") or with a colon.
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
// The last error of the libraries, without the name of the C function that gave it.
const char *cli_last_error(void);

// A bar on standard error; |total| 0 = unknown. |note| stands behind it ("12.3 images/s"), or NULL.
void cli_progress_show(const char *stage, uint64_t done, uint64_t total, const char *note);
// Removes the bar; to be called before anything else is printed.
void cli_progress_clear(void);

// Flushes standard output. Gives |status|, or CLI_FAILED with a message when not all was written.
int cli_output_finish(int status);

double cli_seconds(void);  // monotonic

#endif  // MMDEPLOY_TOOLS_TERMINAL_H_
