// SPDX-License-Identifier: Apache-2.0
#include "writers/onnx/annotation.h"

#include <string.h>

#include "formats/onnx/model.h"

static bool rename_text(mmd_proto_bytes_t *text, const char *from, const char *to) {
  if (!mmd_proto_bytes_equal(*text, from)) return false;
  *text = mmd_proto_text(to);
  return true;
}

static bool rename_in(mmd_onnx_annotation_t *annotation, const char *from, const char *to) {
  bool found = rename_text(&annotation->tensor_name, from, to);
  for (size_t i = 0; i < annotation->quant_parameter_tensor_names.count; i++)
    found |= rename_text(&annotation->quant_parameter_tensor_names.items[i].value, from, to);
  return found;
}

// Appends the field with |to| for |from|; as it is when it is no annotation, or a damaged one.
static mmd_status_t copy_field(const mmd_proto_raw_field_t *field, const char *from, const char *to,
                               mmd_arena_t *arena, mmd_str_t *out_bytes, bool *io_found) {
  if (field->number == MMD_ONNX_GRAPH_ANNOTATION && field->wire == 2) {
    void *annotation = NULL;
    mmd_status_t status = mmd_proto_parse(&mmd_onnx_annotation_message, field->payload.data,
                                          field->payload.size, arena, &annotation);
    if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
    if (!mmd_status_ignore(status) && rename_in(annotation, from, to)) {
      *io_found = true;
      return mmd_proto_append_field(field->number, &mmd_onnx_annotation_message, annotation,
                                    out_bytes);
    }
  }
  return mmd_str_append_n(out_bytes, (const char *)field->whole.data, field->whole.size);
}

static mmd_status_t rename_in_region(mmd_region_t *region, const char *from, const char *to) {
  mmd_proto_bytes_t rest = {region->kept->data, region->kept->size};
  mmd_proto_raw_field_t field;
  mmd_arena_t arena;
  mmd_str_t bytes = {0};
  bool found = false;
  mmd_status_t status = NULL;
  mmd_arena_init(&arena);
  while (!status && mmd_proto_raw_next(&rest, &field))
    status = copy_field(&field, from, to, &arena, &bytes, &found);
  if (!status && found)
    status = mmd_graph_keep(region->graph, bytes.data, bytes.size, &region->kept);
  mmd_str_deinit(&bytes);
  mmd_arena_deinit(&arena);
  return status;
}

mmd_status_t mmd_onnx_rename_annotated(mmd_edge_t *edge, const char *name) {
  const char *old = edge->name;
  MMD_TRY(mmd_edge_rename(edge, name));
  if (edge->name == old) return NULL;
  mmd_graph_t *graph = edge->region->graph;
  for (mmd_region_t *region = graph->regions; region; region = region->next_region) {
    if (region->kept && mmd_region_is_inside(region, edge->region))
      MMD_TRY(rename_in_region(region, old, name));
  }
  return NULL;
}
