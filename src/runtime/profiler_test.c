// SPDX-License-Identifier: Apache-2.0
//
// test-labels: thread
#include "runtime/profiler.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

static char *g_folder, *g_path;

static int set_up(void **state) {
  (void)state;
  g_folder = mmd_test_make_directory();
  g_path = mmd_path_join(g_folder, "profile.txt");
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  mmd_test_remove_tree(g_folder);
  mmd_free(g_path);
  mmd_free(g_folder);
  return 0;
}

typedef struct tree_t {
  mmd_profiler_t *profiler;
  mmd_profiler_scope_t *pipeline, *prepare, *net;
} tree_t;

static mmd_status_t make_tree(const char *path, tree_t *out_tree) {
  MMD_TRY(mmd_profiler_create(path, &out_tree->profiler));
  mmd_profiler_scope_t *root = mmd_profiler_root(out_tree->profiler);
  MMD_TRY(mmd_profiler_scope_create(root, "Pipeline", &out_tree->pipeline));
  MMD_TRY(mmd_profiler_scope_create(out_tree->pipeline, "my net", &out_tree->net));
  return mmd_profiler_scope_create(out_tree->pipeline, "Preprocess", &out_tree->prepare);
}

static char *finish(const tree_t *tree, const char *path) {
  char *text = NULL;
  size_t size = 0;
  mmd_assert_ok(mmd_profiler_finish(tree->profiler));
  mmd_assert_ok(mmd_file_read(path, 0, &text, &size));
  return text;
}

//===--- reading the text form as the original's analyser does ---===//

typedef struct scope_line_t {
  char name[64], id[32], children[128];
} scope_line_t;

// Cuts the graph section; each line is "name id child child … ", with a blank at its end.
static size_t read_scopes(char **cursor, scope_line_t *scopes, size_t room) {
  size_t count = 0;
  for (char *line = *cursor;; ++count) {
    char *end = strchr(line, '\n');
    assert_non_null(end);
    *end = 0;
    *cursor = end + 1;
    if (strcmp(line, "----") == 0) return count;
    assert_true(count < room);
    assert_int_equal(end[-1], ' ');
    scopes[count].children[0] = 0;
    assert_true(sscanf(line, "%63s %31s %127[^\n]", scopes[count].name, scopes[count].id,
                       scopes[count].children) >= 2);
    line = end + 1;
  }
}

static void writes_text(void **state) {
  (void)state;
  tree_t tree = {0};
  mmd_assert_ok(make_tree(g_path, &tree));
  const uint64_t whole = mmd_profiler_begin(tree.pipeline);
  // Two calls of one scope that overlap.
  const uint64_t a = mmd_profiler_begin(tree.net), b = mmd_profiler_begin(tree.net);
  assert_true(a == 0 && b == 1);
  mmd_profiler_end(tree.net, a);
  mmd_profiler_end(tree.net, b);
  mmd_profiler_end(tree.pipeline, whole);
  char *text = finish(&tree, g_path), *cursor = text;
  scope_line_t scopes[8];
  assert_int_equal(read_scopes(&cursor, scopes, 8), 4);
  assert_string_equal(scopes[0].name, ".");
  assert_string_equal(scopes[1].name, "Pipeline");
  assert_string_equal(scopes[2].name, "my_net");  // no blanks in names
  assert_string_equal(scopes[3].name, "Preprocess");
  char children[80];
  snprintf(children, sizeof children, "%s %s ", scopes[2].id, scopes[3].id);
  assert_string_equal(scopes[1].children, children);
  static const int want[6][3] = {{1, 0, 0}, {2, 0, 0}, {2, 0, 1}, {2, 1, 0}, {2, 1, 1}, {1, 1, 0}};
  uint64_t before = 0;
  for (size_t i = 0; i < 6; ++i) {
    char id[32];
    int kind = -1, index = -1, size = 0;
    uint64_t time = 0;
    assert_int_equal(sscanf(cursor, "%31s %d %d %" SCNu64 "\n%n", id, &kind, &index, &time, &size),
                     4);
    assert_string_equal(id, scopes[want[i][0]].id);
    assert_int_equal(kind, want[i][1]);
    assert_int_equal(index, want[i][2]);
    assert_true(i ? time >= before : time == 0);
    before = time;
    cursor += size;
  }
  assert_string_equal(cursor, "");
  mmd_free(text);
  mmd_profiler_release(tree.profiler);
}

static void writes_a_trace(void **state) {
  (void)state;
  tree_t tree = {0};
  mmd_value_t *trace = NULL;
  char *path = mmd_path_join(g_folder, "trace.json");
  mmd_assert_ok(make_tree(path, &tree));
  const uint64_t a = mmd_profiler_begin(tree.net), b = mmd_profiler_begin(tree.net);
  mmd_profiler_end(tree.net, b);
  mmd_profiler_end(tree.net, a);
  char *text = finish(&tree, path);
  mmd_assert_ok(mmd_json_parse(text, strlen(text), "trace", &trace));
  const mmd_value_t *events = mmd_object_get(trace, "traceEvents");
  static const char *const phases[] = {"b", "b", "e", "e"};
  static const size_t partner[] = {3, 2, 1, 0};
  assert_int_equal(mmd_array_size(events), 4);
  for (size_t i = 0; i < 4; ++i) {
    const mmd_value_t *event = mmd_array_at(events, i), *other = mmd_array_at(events, partner[i]);
    assert_string_equal(mmd_value_get_string(mmd_object_get(event, "ph"), ""), phases[i]);
    assert_string_equal(mmd_value_get_string(mmd_object_get(event, "name"), ""), "my_net");
    assert_true(mmd_value_equal(mmd_object_get(event, "id"), mmd_object_get(other, "id")));
    assert_true(mmd_value_get_float(mmd_object_get(event, "ts"), -1) >= 0);
  }
  mmd_value_release(trace);
  mmd_free(text);
  mmd_free(path);
  mmd_profiler_release(tree.profiler);
}

static void nothing_is_free(void **state) {
  (void)state;
  mmd_profiler_scope_t *scope = (mmd_profiler_scope_t *)(uintptr_t)1;
  assert_null(mmd_profiler_root(NULL));
  mmd_assert_ok(mmd_profiler_scope_create(NULL, "a", &scope));
  assert_null(scope);
  assert_int_equal(mmd_profiler_begin(NULL), 0);
  mmd_profiler_end(NULL, 0);
  mmd_profiler_release(NULL);
  tree_t tree = {0};
  mmd_assert_ok(make_tree(g_path, &tree));
  char *text = finish(&tree, g_path);
  assert_true(strlen(text) > 5 && strcmp(text + strlen(text) - 5, "----\n") == 0);
  mmd_profiler_end(tree.net, mmd_profiler_begin(tree.net));  // after the end: not recorded
  mmd_free(text);
  mmd_profiler_release(tree.profiler);
}

static void tells_a_bad_path(void **state) {
  (void)state;
  tree_t tree = {0};
  mmd_assert_ok(make_tree("/nowhere/at/all/profile.txt", &tree));
  assert_true(mmd_status_ignore(mmd_profiler_finish(tree.profiler)));
  mmd_profiler_release(tree.profiler);
}

//===--- threads and memory ---===//

enum { CALLS = 500, THREADS = 4 };

static void *record(void *context) {
  tree_t *tree = context;
  for (int i = 0; i < CALLS; ++i) {
    const uint64_t call = mmd_profiler_begin(tree->net);
    mmd_profiler_end(tree->net, call);
  }
  return NULL;
}

static void records_from_threads(void **state) {
  (void)state;
  pthread_t threads[THREADS];
  tree_t tree = {0};
  mmd_assert_ok(make_tree(g_path, &tree));
  for (int i = 0; i < THREADS; ++i) {
    assert_int_equal(pthread_create(&threads[i], NULL, record, &tree), 0);
  }
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
  char *text = finish(&tree, g_path), *cursor = text;
  scope_line_t scopes[8];
  read_scopes(&cursor, scopes, 8);
  static unsigned char seen[CALLS * THREADS];  // 1 begun, 2 ended
  memset(seen, 0, sizeof seen);
  for (int i = 0; i < 2 * CALLS * THREADS; ++i) {
    int kind = -1, index = -1, size = 0;
    assert_int_equal(sscanf(cursor, "%*s %d %d %*u\n%n", &kind, &index, &size), 2);
    assert_true(index >= 0 && index < CALLS * THREADS && seen[index] == kind);
    ++seen[index];
    cursor += size;
  }
  assert_string_equal(cursor, "");
  mmd_free(text);
  mmd_profiler_release(tree.profiler);
}

static mmd_status_t profile_once(void *context) {
  tree_t tree = {0};
  mmd_status_t status = make_tree(context, &tree);
  if (!status) {
    mmd_profiler_end(tree.net, mmd_profiler_begin(tree.net));
    status = mmd_profiler_finish(tree.profiler);
  }
  mmd_profiler_release(tree.profiler);
  return status;
}

static void survives_lack_of_memory(void **state) {
  (void)state;
  mmd_test_sweep(profile_once, g_path);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(writes_text),      TEST(writes_a_trace),       TEST(nothing_is_free),
      TEST(tells_a_bad_path), TEST(records_from_threads), TEST(survives_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
