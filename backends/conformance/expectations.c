// SPDX-License-Identifier: Apache-2.0
//
// Where a backend differs. Unsupported: it will never do this, by its nature; the check is not run.
// Expected failure: a defect that is to be mended; the check is run, and passing it fails the
// suite, so that the line goes away.
#include <fnmatch.h>
#include <string.h>

#include "backends/conformance/conformance.h"
#include "base/alloc.h"
#include "base/file.h"

typedef struct rule_t {
  const char *backend;
  const char *pattern;  // of the shell, over "case.check"
  conf_expectation_t expectation;
  const char *reason;
} rule_t;

static const rule_t g_rules[] = {
    {"openvino", "int64.values", CONF_UNSUPPORTED,
     "the engine's CPU device computes 64-bit integers in 32 bits"},
    {"openvino", "int64.older_opsets", CONF_UNSUPPORTED,
     "the engine's CPU device computes 64-bit integers in 32 bits"},
};

enum { MAX_READ = 256 };
static rule_t g_read[MAX_READ];  // of the file; its text lives as long as the process
static size_t g_read_count;

//===--- a file ------------------------------------------------------------===//

// Cuts the first word of |*text|.
static char *next_word(char **text) {
  char *word = *text + strspn(*text, " \t");
  *text = word + strcspn(word, " \t");
  if (**text) *(*text)++ = 0;
  return word;
}

static mmd_status_t read_rule(char *line) {
  const char *kind = next_word(&line), *pattern = next_word(&line);
  const bool is_failure = strcmp(kind, "failure") == 0;
  line += strspn(line, " \t");
  if (!*kind || *kind == '#') return NULL;
  if ((!is_failure && strcmp(kind, "unsupported") != 0) || !*pattern || !*line) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "'%s': 'unsupported PATTERN REASON' or 'failure PATTERN REASON' is expected",
                     kind);
  }
  if (g_read_count == MAX_READ) return MMD_ERROR(MMD_OUT_OF_RANGE, "more than %d lines", MAX_READ);
  g_read[g_read_count++] = (rule_t){
      .pattern = pattern,
      .expectation = is_failure ? CONF_EXPECTED_FAILURE : CONF_UNSUPPORTED,
      .reason = line,
  };
  return NULL;
}

mmd_status_t conf_expectations_read(const char *path) {
  char *text = NULL;
  size_t size = 0;
  MMD_TRY(mmd_file_read(path, (size_t)1 << 20, &text, &size));
  static char *g_text;  // the rules point into it
  mmd_free(g_text);
  g_text = text;
  g_read_count = 0;
  for (char *line = text, *next; line; line = next) {
    next = strchr(line, '\n');
    if (next) *next++ = 0;
    MMD_TRY(mmd_status_annotate(read_rule(line), "%s", path));
  }
  return NULL;
}

//===--- lookup ------------------------------------------------------------===//

conf_expectation_t conf_expectation(const char *backend, const char *name,
                                    const char **out_reason) {
  *out_reason = "";
  for (size_t i = 0; i < g_read_count; ++i) {
    if (fnmatch(g_read[i].pattern, name, 0) != 0) continue;
    *out_reason = g_read[i].reason;
    return g_read[i].expectation;
  }
  for (size_t i = 0; i < sizeof g_rules / sizeof *g_rules; ++i) {
    const rule_t *rule = &g_rules[i];
    if (strcmp(rule->backend, backend) != 0 || fnmatch(rule->pattern, name, 0) != 0) continue;
    *out_reason = rule->reason;
    return rule->expectation;
  }
  return CONF_PASS;
}
