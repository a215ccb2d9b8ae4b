// SPDX-License-Identifier: Apache-2.0
//
// What parses also prints, clones, sorts and verifies, and its text reads back as the same text.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graph/text.h"
#include "graph/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(mmd_status_t status) {
  if (status) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_graph_t *graph = NULL, *clone = NULL, *again = NULL;
  mmd_str_t first = {0}, second = {0};
  if (mmd_status_ignore(mmd_graph_parse((const char *)data, size, "fuzz", &graph))) return 0;
  require(mmd_graph_clone(graph, &clone));
  require(mmd_graph_sort(clone));
  require(mmd_graph_verify(clone));
  mmd_graph_destroy(clone);
  // Elided weights read as zeros, so the text is stable from the second time on.
  require(mmd_graph_print(graph, 0, &first));
  mmd_graph_destroy(graph);
  require(mmd_graph_parse(first.data, first.size, "fuzz", &again));
  mmd_str_clear(&first);
  require(mmd_graph_print(again, 0, &first));
  mmd_graph_destroy(again);
  require(mmd_graph_parse(first.data, first.size, "fuzz", &again));
  require(mmd_graph_print(again, 0, &second));
  mmd_graph_destroy(again);
  if (strcmp(mmd_str_text(&first), mmd_str_text(&second)) != 0) abort();
  mmd_str_deinit(&first);
  mmd_str_deinit(&second);
  return 0;
}
