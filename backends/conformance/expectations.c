// SPDX-License-Identifier: Apache-2.0
//
// Where a backend differs. Unsupported: it will never do this, by its nature; the check is not run.
// Expected failure: a defect that is to be mended; the check is run, and passing it fails the
// suite, so that the line goes away.
#include <fnmatch.h>
#include <string.h>

#include "backends/conformance/conformance.h"

typedef struct rule_t {
  const char *backend;
  const char *pattern;  // of the shell, over "case.check"
  conf_expectation_t expectation;
  const char *reason;
} rule_t;

static const rule_t g_rules[] = {
    {"null", "*.values", CONF_UNSUPPORTED, "computes nothing: zeros of the right shape"},
    {"null", "data_dependent.*", CONF_UNSUPPORTED,
     "the size of the output depends on numbers that it does not compute"},
    {"null", "arithmetic_dims.*", CONF_UNSUPPORTED,
     "keeps names of dimensions, no expressions over them"},
    {"null", "session.run_failure", CONF_UNSUPPORTED,
     "computes nothing, so nothing can contradict itself"},
};

conf_expectation_t conf_expectation(const char *backend, const char *name,
                                    const char **out_reason) {
  *out_reason = "";
  for (size_t i = 0; i < sizeof g_rules / sizeof *g_rules; ++i) {
    const rule_t *rule = &g_rules[i];
    if (strcmp(rule->backend, backend) != 0 || fnmatch(rule->pattern, name, 0) != 0) continue;
    *out_reason = rule->reason;
    return rule->expectation;
  }
  return CONF_PASS;
}
