// SPDX-License-Identifier: Apache-2.0
#include "graph/dim_range.h"

#include <string.h>

#include "graph/graph.h"
#include "tests/support/mmd_test.h"

enum { NONE = -1000 };  // no bound

static const struct {
  const char *text;
  int64_t least, most;
} g_cases[] = {
    {"7", 7, 7},
    {"h", 0, NONE},
    {"h - 3", -3, NONE},
    {"3 - h", NONE, 3},
    {"4*floor((h + 3)/4) - 4", -4, NONE},
    {"floor((4*floor((h + 3)/4) - 4)/4) + 1", 0, NONE},
    {"h*w", 0, NONE},
    {"(h - 1)*w", NONE, NONE},
    {"floor(h/w)", 0, NONE},
    {"floor((h - 5)/2)", -3, NONE},
    {"min(h, 9)", 0, 9},
    {"max(3 - h, 2)", 2, 3},
    {"2*min(h, 9) - 2*min(w, 4)", -8, 18},
};

static void ranges(void **state) {
  (void)state;
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_create("ranges", &graph));
  for (size_t i = 0; i < sizeof g_cases / sizeof *g_cases; ++i) {
    const mmd_dim_t *dim = NULL;
    mmd_assert_ok(mmd_dim_parse(graph, g_cases[i].text, strlen(g_cases[i].text), &dim));
    const mmd_dim_range_t range = mmd_dim_range(dim);
    const int64_t least = range.has_least ? range.least : NONE;
    const int64_t most = range.has_most ? range.most : NONE;
    if (least != g_cases[i].least || most != g_cases[i].most)
      fail_msg("%s: %lld to %lld", g_cases[i].text, (long long)least, (long long)most);
  }
  mmd_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(ranges)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
