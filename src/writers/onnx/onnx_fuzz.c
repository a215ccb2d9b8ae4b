// SPDX-License-Identifier: Apache-2.0
//
// Reads any bytes as a model; what is read must verify, and what is written must be read again.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "frontends/onnx/import.h"
#include "graph/verify.h"
#include "writers/onnx/export.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static mmd_status_t import_bytes(mmd_storage_t *storage, mmd_graph_t **out_graph) {
  mmd_onnx_import_options_t options = {.memory_limit = 256 << 20, .dense_limit = 1 << 20};
  return mmd_onnx_import_storage(storage, "fuzz", NULL, &options, out_graph);
}

static void must(mmd_status_t status) {
  if (!status) return;
  fprintf(stderr, "%s\n", mmd_status_message(status));
  abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_storage_t *storage = NULL, *written = NULL;
  mmd_graph_t *graph = NULL, *again = NULL;
  must(mmd_storage_borrow(data, size, NULL, NULL, &storage));
  if (!mmd_status_ignore(import_bytes(storage, &graph))) {
    must(mmd_graph_verify(graph));
    if (!mmd_status_ignore(mmd_onnx_export_memory(graph, NULL, &written))) {
      must(import_bytes(written, &again));
      must(mmd_graph_verify(again));
    }
  }
  mmd_graph_destroy(again);
  mmd_graph_destroy(graph);
  mmd_storage_release(written);
  mmd_storage_release(storage);
  return 0;
}
