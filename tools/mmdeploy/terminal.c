// SPDX-License-Identifier: Apache-2.0
#include "tools/mmdeploy/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mmdeploy/ext.h"
#include "tools/mmdeploy/cli.h"

#define BAR_WIDTH 24

static bool g_bar_is_shown;

bool cli_is_terminal(FILE *stream) {
  const char *term = getenv("TERM");
  const char *no_color = getenv("NO_COLOR");
  if (no_color && *no_color) return false;
  if (term && strcmp(term, "dumb") == 0) return false;
  return isatty(fileno(stream)) == 1;
}

const char *cli_style(FILE *stream, cli_style_t style) {
  static const char *const sequences[] = {"\033[0m", "\033[1m", "\033[2m", "\033[31m"};
  return cli_is_terminal(stream) ? sequences[style] : "";
}

void cli_print_clean(FILE *stream, const char *text) {
  while (*text) {
    size_t size = 0;
    while ((unsigned char)text[size] >= 0x20 && text[size] != 0x7f) ++size;
    fwrite(text, 1, size, stream);
    text += size;
    if (!*text) break;
    fputc(*text == '\n' || *text == '\t' ? *text : '?', stream);
    ++text;
  }
}

void cli_error(const char *format, ...) {
  char message[8192];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  for (char *c = message; *c; ++c) *c = *c == '\n' ? '?' : *c;
  cli_progress_clear();
  fflush(stdout);
  fprintf(stderr, "%smmdeploy%s", cli_style(stderr, CLI_STYLE_RED), *format == ':' ? "" : " ");
  cli_print_clean(stderr, message);
  fprintf(stderr, "%s\n", cli_style(stderr, CLI_STYLE_RESET));
}

const char *cli_last_error(void) {
  static const char prefix[] = "mmdeploy_";
  const char *message = mmdeploy_last_error_message();
  if (strncmp(message, prefix, sizeof prefix - 1) != 0) return message;
  const size_t name = strspn(message, "abcdefghijklmnopqrstuvwxyz0123456789_");
  return strncmp(message + name, ": ", 2) == 0 ? message + name + 2 : message;
}

void cli_progress_show(const char *stage, uint64_t done, uint64_t total, const char *note) {
  if (!cli_is_terminal(stderr)) return;
  fprintf(stderr, "\r\033[K");
  if (total) {
    if (done > total) done = total;
    const int filled = (int)(done * BAR_WIDTH / total);
    fputc('[', stderr);
    for (int i = 0; i < BAR_WIDTH; ++i) fputc(i < filled ? '#' : '-', stderr);
    fprintf(stderr, "] %llu/%llu ", (unsigned long long)done, (unsigned long long)total);
  }
  fprintf(stderr, "%s%s%s", stage, note ? ", " : "", note ? note : "");
  fflush(stderr);
  g_bar_is_shown = true;
}

void cli_progress_clear(void) {
  if (!g_bar_is_shown) return;
  fprintf(stderr, "\r\033[K");
  fflush(stderr);
  g_bar_is_shown = false;
}

int cli_output_finish(int status) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) return status;
  cli_error(": cannot write standard output: %s", errno ? strerror(errno) : "write error");
  return CLI_FAILED;
}

double cli_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
