// SPDX-License-Identifier: Apache-2.0
//
// The file that a profiler writes: the text form is read back line by line as the original's
// analyser does it, the trace as JSON; and lifetimes of profilers.
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "sdk/sdk_testing.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

enum { CALLS = 3, MAX_SCOPES = 32 };

typedef struct scope_t {
  char name[64], id[32];
  int child_count;
  char children[MAX_SCOPES][32];
  int starts, ends;
} scope_t;

static mmdeploy_classifier_t open_profiled(mmdeploy_profiler_t profiler) {
  mmdeploy_context_t context = NULL;
  mmdeploy_classifier_t classifier = NULL;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
  assert_success(mmdeploy_context_add(context, MMDEPLOY_TYPE_PROFILER, NULL, profiler));
  assert_success(mmdeploy_classifier_create_v2(model, context, &classifier));
  mmdeploy_context_destroy(context);
  mmdeploy_model_destroy(model);
  return classifier;
}

static void run_calls(mmdeploy_classifier_t classifier) {
  mmdeploy_mat_t mat = sdk_make_bgr(90, 80, 1);
  for (int i = 0; i < CALLS; ++i) (void)sdk_classify(classifier, &mat);
  free(mat.data);
}

// A profile of CALLS calls at |path|.
static void write_profile(const char *path) {
  mmdeploy_profiler_t profiler = NULL;
  assert_success(mmdeploy_profiler_create(path, &profiler));
  assert_false(mmd_path_exists(path));  // written at the end only
  mmdeploy_classifier_t classifier = open_profiled(profiler);
  run_calls(classifier);
  mmdeploy_classifier_destroy(classifier);
  mmdeploy_profiler_destroy(profiler);
}

//===--- the text form -----------------------------------------------------===//

static scope_t *find_scope(scope_t *scopes, int count, const char *id) {
  for (int i = 0; i < count; ++i) {
    if (strcmp(scopes[i].id, id) == 0) return &scopes[i];
  }
  fail_msg("no scope has the id %s", id);
  return NULL;
}

// "<name> <id> <child id> … " with a blank at the end.
static void read_scope(char *line, scope_t *scope) {
  const size_t size = strlen(line);
  assert_true(size > 0 && line[size - 1] == ' ');
  assert_null(strstr(line, "  "));
  char *rest = NULL;
  snprintf(scope->name, sizeof scope->name, "%s", strtok_r(line, " ", &rest));
  const char *id = strtok_r(NULL, " ", &rest);
  assert_non_null(id);
  snprintf(scope->id, sizeof scope->id, "%s", id);
  while ((id = strtok_r(NULL, " ", &rest))) {
    assert_true(scope->child_count < MAX_SCOPES);
    snprintf(scope->children[scope->child_count++], sizeof scope->children[0], "%s", id);
  }
}

static int read_scopes(char **text, scope_t scopes[MAX_SCOPES]) {
  int count = 0;
  for (char *line; (line = strsep(text, "\n"));) {
    if (strcmp(line, "----") == 0) return count;
    assert_true(count < MAX_SCOPES);
    read_scope(line, &scopes[count++]);
  }
  fail_msg("the line of dashes is missing");
  return 0;
}

// Depth first, root first: each scope's line comes right after its parent's line and earlier
// brothers' subtrees.
static int check_order(scope_t *scopes, int count, int at) {
  int next = at + 1;
  for (int i = 0; i < scopes[at].child_count; ++i) {
    assert_true(next < count);
    assert_string_equal(scopes[next].id, scopes[at].children[i]);
    next = check_order(scopes, count, next);
  }
  return next;
}

static void read_events(char *text, scope_t *scopes, int count) {
  long long last = 0;
  int is_first = 1;
  for (char *line; (line = strsep(&text, "\n")) && *line; is_first = 0) {
    char id[32];
    int kind, end = 0;
    long long index, time;
    assert_int_equal(sscanf(line, "%31s %d %lld %lld%n", id, &kind, &index, &time, &end), 4);
    assert_int_equal(line[end], 0);
    assert_in_range(kind, 0, 1);
    if (is_first) assert_int_equal(time, 0);
    assert_true(time >= last);
    last = time;
    scope_t *scope = find_scope(scopes, count, id);
    assert_int_equal(index, kind ? scope->ends : scope->starts);
    if (kind)
      ++scope->ends;
    else
      ++scope->starts;
  }
  assert_false(is_first);
}

static const scope_t *find_name(const scope_t *scopes, int count, const char *name) {
  for (int i = 0; i < count; ++i) {
    if (strcmp(scopes[i].name, name) == 0) return &scopes[i];
  }
  fail_msg("no scope is named %s", name);
  return NULL;
}

static void the_text_form(void **state) {
  (void)state;
  scope_t *scopes = calloc(MAX_SCOPES, sizeof *scopes);
  char *folder = mmd_test_make_directory(), *path = mmd_path_join(folder, "profile.txt");
  assert_non_null(scopes);
  write_profile(path);
  size_t size;
  char *text = sdk_read_file(path, &size), *rest = text;
  const int count = read_scopes(&rest, scopes);
  assert_int_equal(check_order(scopes, count, 0), count);
  read_events(rest, scopes, count);
  assert_string_equal(scopes[0].name, ".");
  assert_int_equal(scopes[0].starts, 0);
  assert_string_equal(scopes[1].name, "Pipeline");
  assert_int_equal(scopes[1].starts, CALLS);
  static const char *const names[] = {"Preprocess", "Compose", "resnet", "postprocess"};
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
    (void)find_name(scopes, count, names[i]);
  assert_int_equal(find_name(scopes, count, "resnet")->starts, CALLS);
  for (int i = 0; i < count; ++i) assert_int_equal(scopes[i].starts, scopes[i].ends);
  free(text);
  free(scopes);
  mmd_free(path);
  mmd_test_remove_tree(folder);
  mmd_free(folder);
}

//===--- the trace ---------------------------------------------------------===//

static void the_trace(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory(), *path = mmd_path_join(folder, "profile.json");
  write_profile(path);
  size_t size;
  char *text = sdk_read_file(path, &size);
  mmd_value_t *trace = NULL;
  mmd_assert_ok(mmd_json_parse(text, size, path, &trace));
  const mmd_value_t *events = mmd_object_get(trace, "traceEvents");
  assert_true(mmd_array_size(events) >= 2 * CALLS * 3);
  int open = 0;
  double last = 0;
  for (size_t i = 0; i < mmd_array_size(events); ++i) {
    const mmd_value_t *event = mmd_array_at(events, i);
    const char *phase = mmd_value_get_string(mmd_object_get(event, "ph"), "");
    const double time = mmd_value_get_float(mmd_object_get(event, "ts"), -1);
    assert_true(strcmp(phase, "b") == 0 || strcmp(phase, "e") == 0);
    open += *phase == 'b' ? 1 : -1;
    assert_true(open >= 0 && time >= last);
    last = time;
    assert_true(*mmd_value_get_string(mmd_object_get(event, "name"), ""));
  }
  assert_int_equal(open, 0);
  mmd_value_release(trace);
  free(text);
  mmd_free(path);
  mmd_test_remove_tree(folder);
  mmd_free(folder);
}

//===--- lifetimes ---------------------------------------------------------===//

static void a_profiler_may_go_first(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory(), *path = mmd_path_join(folder, "profile.txt");
  mmdeploy_profiler_t profiler = NULL;
  assert_success(mmdeploy_profiler_create(path, &profiler));
  mmdeploy_classifier_t classifier = open_profiled(profiler);
  run_calls(classifier);
  mmdeploy_profiler_destroy(profiler);
  size_t before, after;
  free(sdk_read_file(path, &before));
  run_calls(classifier);  // no longer recorded
  mmdeploy_classifier_destroy(classifier);
  free(sdk_read_file(path, &after));
  assert_int_equal(before, after);
  mmd_free(path);
  mmd_test_remove_tree(folder);
  mmd_free(folder);
}

static void several_handles_share_a_profiler(void **state) {
  (void)state;
  scope_t *scopes = calloc(MAX_SCOPES, sizeof *scopes);
  char *folder = mmd_test_make_directory(), *path = mmd_path_join(folder, "a b.txt");
  mmdeploy_profiler_t profiler = NULL;
  assert_non_null(scopes);
  assert_success(mmdeploy_profiler_create(path, &profiler));
  mmdeploy_classifier_t first = open_profiled(profiler), second = open_profiled(profiler);
  run_calls(first);
  mmdeploy_classifier_destroy(first);
  run_calls(second);
  mmdeploy_classifier_destroy(second);
  mmdeploy_profiler_destroy(profiler);
  size_t size;
  char *text = sdk_read_file(path, &size), *rest = text;
  const int count = read_scopes(&rest, scopes);
  assert_int_equal(scopes[0].child_count, 2);
  assert_int_equal(check_order(scopes, count, 0), count);
  read_events(rest, scopes, count);
  free(text);
  free(scopes);
  mmd_free(path);
  mmd_test_remove_tree(folder);
  mmd_free(folder);
}

// Nothing is told of it but the last error.
static void a_path_that_cannot_be_written(void **state) {
  (void)state;
  mmdeploy_profiler_t profiler = NULL;
  assert_success(mmdeploy_profiler_create("/no/such/folder/profile.txt", &profiler));
  mmdeploy_clear_last_error();
  mmdeploy_profiler_destroy(profiler);
  assert_non_null(strstr(mmdeploy_last_error_message(), "/no/such/folder/profile.txt"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_text_form),
      cmocka_unit_test(the_trace),
      cmocka_unit_test(a_profiler_may_go_first),
      cmocka_unit_test(several_handles_share_a_profiler),
      cmocka_unit_test(a_path_that_cannot_be_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
