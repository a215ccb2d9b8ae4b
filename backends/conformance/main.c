// SPDX-License-Identifier: Apache-2.0
//
// conformance BACKEND [MODULE [TARGET]] [--expect FILE]: the suite on a backend by name. MODULE is
// the path of its run side when it is not on the search path; TARGET is a shared object with its
// convert side when the build has none of this name and the module holds none. FILE says what the
// backend does not do.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/conformance/conformance.h"
#include "base/alloc.h"
#include "convert/target.h"
#include "tests/support/mmd_test.h"

enum { SKIPPED = 77 };

typedef struct tally_t {
  size_t passed, unsupported, expected, failed;
} tally_t;

//===--- one check ---------------------------------------------------------===//

static void report(tally_t *tally, const char *name, conf_expectation_t expectation,
                   const char *reason, mmd_status_t status) {
  if (expectation == CONF_EXPECTED_FAILURE && status) {
    ++tally->expected;
    printf("expected failure  %s: %s (%s)\n", name, reason, mmd_status_message(status));
  } else if (expectation == CONF_EXPECTED_FAILURE) {
    ++tally->failed;
    printf("UNEXPECTED PASS   %s: take its line out of expectations.c\n", name);
  } else if (status) {
    ++tally->failed;
    printf("FAILED            %s: %s\n", name, mmd_status_message(status));
  } else {
    ++tally->passed;
    printf("ok                %s\n", name);
  }
  mmd_status_free(status);
}

// True when the check is to be made.
static bool begin(const conf_context_t *context, tally_t *tally, const char *name,
                  conf_expectation_t *out_expectation, const char **out_reason) {
  *out_expectation = conf_expectation(context->table->name, name, out_reason);
  if (*out_expectation != CONF_UNSUPPORTED) return true;
  ++tally->unsupported;
  printf("unsupported       %s: %s\n", name, *out_reason);
  return false;
}

//===--- all ---------------------------------------------------------------===//

static void run_case(const conf_context_t *context, const conf_case_t *item, tally_t *tally) {
  conf_net_t net;
  char name[128];
  conf_expectation_t expectation;
  const char *reason;
  snprintf(name, sizeof name, "%s.write", item->name);
  if (!begin(context, tally, name, &expectation, &reason)) return;
  mmd_status_t status = conf_net_create(context, item, &net);
  const bool is_written = !status;
  report(tally, name, expectation, reason, status);
  for (const conf_case_check_t *check = conf_case_checks; is_written && check->name; ++check) {
    snprintf(name, sizeof name, "%s.%s", item->name, check->name);
    if (!begin(context, tally, name, &expectation, &reason)) continue;
    report(tally, name, expectation, reason, check->run(context, item, &net));
  }
  if (is_written) conf_net_deinit(&net);
}

static void run_checks(const conf_context_t *context, const char *group, const conf_check_t *checks,
                       tally_t *tally) {
  char name[128];
  conf_expectation_t expectation;
  const char *reason;
  for (const conf_check_t *check = checks; check->name; ++check) {
    snprintf(name, sizeof name, "%s.%s", group, check->name);
    if (!begin(context, tally, name, &expectation, &reason)) continue;
    report(tally, name, expectation, reason, check->run(context));
  }
}

static int run_suite(const conf_context_t *context) {
  tally_t tally = {0};
  for (size_t i = 0; i < conf_case_count; ++i) run_case(context, &conf_cases[i], &tally);
  run_checks(context, "session", conf_session_checks, &tally);
  run_checks(context, "input", conf_input_checks, &tally);
  run_checks(context, "memory", conf_memory_checks, &tally);
  printf("%s %s: %zu passed, %zu unsupported, %zu expected failures, %zu failed\n",
         context->table->name, mmd_backend_version(context->backend), tally.passed,
         tally.unsupported, tally.expected, tally.failed);
  return tally.failed ? 1 : 0;
}

//===--- start -------------------------------------------------------------===//

// Takes "--expect FILE" out of the arguments.
static mmd_status_t read_expectations(int *argc, char **argv) {
  int kept = 0;
  const char *path = NULL;
  for (int i = 0; i < *argc; ++i) {
    if (strcmp(argv[i], "--expect") == 0 && i + 1 < *argc) {
      path = argv[++i];
    } else {
      argv[kept++] = argv[i];
    }
  }
  *argc = kept;
  return path ? conf_expectations_read(path) : NULL;
}

static mmd_status_t prepare(int argc, char **argv, conf_context_t *context) {
  MMD_TRY(argc > 2 ? mmd_backend_load(argv[2], &context->backend)
                   : mmd_backend_get(argv[1], &context->backend));
  context->table = mmd_backend_table(context->backend);
  if (strcmp(context->table->name, argv[1]) != 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s holds backend '%s'", argv[2], context->table->name);
  }
  if (argc > 3) MMD_TRY(mmd_target_load(argv[3]));
  return mmd_target_get(argv[1], &context->target);
}

static int skip_or_fail(mmd_status_t status) {
  const char *needed = getenv("MMDEPLOY_REQUIRE_ASSETS");
  const bool is_skipped =
      mmd_status_code(status) == MMD_UNAVAILABLE && !(needed && strcmp(needed, "1") == 0);
  printf("%s: %s\n", is_skipped ? "skipped" : "FAILED", mmd_status_message(status));
  mmd_status_free(status);
  return is_skipped ? SKIPPED : 1;
}

int main(int argc, char **argv) {
  mmd_status_t status = read_expectations(&argc, argv);
  if (argc < 2 || argc > 4) {
    fprintf(stderr, "usage: conformance BACKEND [MODULE [TARGET]] [--expect FILE]\n");
    mmd_status_free(status);
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  conf_context_t context = {0};
  if (!status) status = prepare(argc, argv, &context);
  if (status) {
    printf("FAILED: %s\n", mmd_status_message(status));
    mmd_status_free(status);
    return 1;
  }
  status = mmd_backend_open(context.backend);
  if (status) return skip_or_fail(status);
  char *directory = mmd_test_make_directory();
  context.directory = directory;
  context.opset = 17;
  const int result = run_suite(&context);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
  return result;
}
