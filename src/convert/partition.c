// SPDX-License-Identifier: Apache-2.0
#include "convert/partition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "convert/edit_graph.h"
#include "convert/registry.h"
#include "frontends/openmmlab/config.h"
#include "graph/verify.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "value/json.h"

//===--- reading -----------------------------------------------------------===//

static mmd_status_t wrong(size_t index, const char *key, const char *expected) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "deploy config: partition_config.partition_cfg[%zu].%s: %s is expected", index,
                   key, expected);
}

// A marker, or a list of them.
static mmd_status_t read_markers(const mmd_value_t *item, size_t index, const char *key,
                                 const char **out_markers, size_t *out_count) {
  const mmd_value_t *value = mmd_object_get(item, key);
  const bool is_list = mmd_value_kind(value) == MMD_VALUE_ARRAY;
  const size_t count = is_list ? mmd_array_size(value) : 1;
  if (count == 0 || count > MMD_PARTITION_MAX_MARKERS)
    return wrong(index, key, "a list of 1 to 8 markers");
  for (size_t i = 0; i < count; ++i) {
    out_markers[i] = mmd_value_get_string(is_list ? mmd_array_at(value, i) : value, NULL);
    if (!out_markers[i])
      return wrong(index, key, "a marker like 'detector_forward:input', or a list of them");
  }
  *out_count = count;
  return NULL;
}

static mmd_status_t read_names(const mmd_value_t *item, size_t index, const char *key,
                               mmd_extract_rename_t *out_names, size_t *out_count) {
  const mmd_value_t *map = mmd_object_get(item, key);
  const size_t count = mmd_object_size(map);
  if (mmd_value_is_null(map)) return NULL;
  if (mmd_value_kind(map) != MMD_VALUE_OBJECT || count > MMD_PARTITION_MAX_NAMES)
    return wrong(index, key, "a dict of at most 64 names");
  for (size_t i = 0; i < count; ++i) {
    out_names[i].from = mmd_object_key_at(map, i);
    out_names[i].to = mmd_value_get_string(mmd_object_value_at(map, i), NULL);
    if (!out_names[i].to) return wrong(index, key, "a dict of names");
  }
  *out_count = count;
  return NULL;
}

static mmd_status_t read_part(const mmd_value_t *item, size_t index,
                              mmd_partition_part_t *out_part) {
  out_part->save_file = mmd_value_get_string(mmd_object_get(item, "save_file"), NULL);
  if (!out_part->save_file || !*out_part->save_file)
    return wrong(index, "save_file", "a file name");
  MMD_TRY(read_markers(item, index, "start", out_part->start, &out_part->start_count));
  MMD_TRY(read_markers(item, index, "end", out_part->end, &out_part->end_count));
  MMD_TRY(read_names(item, index, "start_name_map", out_part->start_names,
                     &out_part->start_name_count));
  MMD_TRY(read_names(item, index, "end_name_map", out_part->end_names, &out_part->end_name_count));
  const mmd_value_t *axes = mmd_object_get(item, "dynamic_axes");
  if (mmd_value_is_null(axes)) return NULL;
  if (mmd_value_kind(axes) != MMD_VALUE_OBJECT) return wrong(index, "dynamic_axes", "a dict");
  out_part->dynamic_axes = axes;
  return NULL;
}

static mmd_status_t read_parts(const mmd_value_t *list, mmd_partition_t *partition) {
  const size_t count = mmd_array_size(list);
  if (mmd_value_kind(list) != MMD_VALUE_ARRAY || !count || count > MMD_PARTITION_MAX_PARTS) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "deploy config: partition_config.partition_cfg: a list of 1 to %d dicts is "
                     "expected",
                     MMD_PARTITION_MAX_PARTS);
  }
  partition->parts = mmd_alloc_array(count, sizeof *partition->parts);
  MMD_TRY_ALLOC(partition->parts);
  for (size_t i = 0; i < count; ++i) {
    MMD_TRY(read_part(mmd_array_at(list, i), i, &partition->parts[i]));
    for (size_t k = 0; k < i; ++k) {
      if (strcmp(partition->parts[k].save_file, partition->parts[i].save_file) == 0)
        return wrong(i, "save_file", "another file than that of the parts before");
    }
  }
  partition->count = count;
  return NULL;
}

static mmd_status_t unknown_type(const char *codebase, const char *type) {
  mmd_str_t known = {0};
  mmd_status_t status = NULL;
  for (const mmd_partition_set_t *set = mmd_partition_sets; set->codebase && !status; ++set) {
    status = mmd_str_printf(&known, "%s%s '%s'", known.size ? ", " : "", set->codebase, set->type);
  }
  if (!status) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED,
                       "deploy config: partition_config: there is no partition_cfg, and '%s' has "
                       "no type '%s'; known are %s",
                       codebase, type, mmd_str_text(&known));
  }
  mmd_str_deinit(&known);
  return status;
}

static mmd_status_t read_predefined(const mmd_value_t *deploy_cfg, mmd_partition_t *partition) {
  const char *codebase = mmd_codebase_of_scope(
      mmd_value_get_string(mmd_object_get_path(deploy_cfg, "codebase_config.type"), ""));
  for (const mmd_partition_set_t *set = mmd_partition_sets; set->codebase; ++set) {
    if (strcmp(set->codebase, codebase) != 0 || strcmp(set->type, partition->type) != 0) continue;
    MMD_TRY(
        mmd_json_parse(set->parts, strlen(set->parts), "partition_cfg", &partition->predefined));
    return read_parts(partition->predefined, partition);
  }
  return unknown_type(codebase, partition->type);
}

// Whether the config asks for Marks, and so for a cut.
static bool is_active(const mmd_value_t *deploy_cfg) {
  return mmd_value_get_bool(mmd_object_get_path(deploy_cfg, "partition_config.apply_marks"), false);
}

mmd_status_t mmd_partition_read(const mmd_value_t *deploy_cfg, mmd_partition_t *out_partition) {
  *out_partition = (mmd_partition_t){.type = ""};
  if (!is_active(deploy_cfg)) return NULL;
  const mmd_value_t *config = mmd_object_get(deploy_cfg, "partition_config");
  const mmd_value_t *list = mmd_object_get(config, "partition_cfg");
  out_partition->type = mmd_value_get_string(mmd_object_get(config, "type"), "");
  mmd_status_t status = mmd_value_is_null(list) ? read_predefined(deploy_cfg, out_partition)
                                                : read_parts(list, out_partition);
  if (status) mmd_partition_deinit(out_partition);
  return status;
}

void mmd_partition_deinit(mmd_partition_t *partition) {
  mmd_free(partition->parts);
  mmd_value_release(partition->predefined);
  *partition = (mmd_partition_t){.type = ""};
}

//===--- types -------------------------------------------------------------===//

static bool is_typed(const mmd_type_t *type) {
  if (type->kind == MMD_TYPE_TENSOR) return type->dtype != MMD_DTYPE_UNDEFINED && type->has_rank;
  return type->kind != MMD_TYPE_UNKNOWN;
}

static const mmd_edge_t *twin_of(const mmd_graph_t *inferred, const mmd_edge_t *edge) {
  const mmd_edge_t *twin = mmd_graph_find_edge(inferred, edge->name);
  while (!twin && edge->producer && mmd_node_is_mark(edge->producer)) {
    edge = edge->producer->inputs[0];
    twin = mmd_graph_find_edge(inferred, edge->name);
  }
  return twin;
}

static mmd_status_t take_types(mmd_graph_t *graph, const mmd_graph_t *inferred) {
  for (mmd_node_t *node = graph->root->first; node; node = node->next) {
    for (size_t i = 0; i < node->output_count; ++i) {
      mmd_edge_t *edge = node->outputs[i];
      const mmd_edge_t *twin = edge ? twin_of(inferred, edge) : NULL;
      if (twin && is_typed(&twin->type) && !is_typed(&edge->type))
        MMD_TRY(mmd_edge_set_type(edge, &twin->type));
    }
  }
  return NULL;
}

// Inference ends at a Mark: it is done on a copy without them.
mmd_status_t mmd_partition_infer(mmd_graph_t *graph) {
  mmd_graph_t *copy = NULL;
  MMD_TRY(mmd_graph_clone(graph, &copy));
  mmd_status_t status = mmd_graph_remove_marks(copy);
  if (!status) status = mmd_graph_infer(copy);
  if (!status) status = take_types(graph, copy);
  mmd_graph_destroy(copy);
  return status;
}

// Sizes that have a number keep it, unless |force| is set.
static mmd_status_t label_edge(mmd_graph_t *graph, mmd_edge_t *edge, const mmd_value_t *axes,
                               bool force) {
  mmd_type_t type = edge->type;
  const bool is_dict = mmd_value_kind(axes) == MMD_VALUE_OBJECT;
  const size_t count = is_dict ? mmd_object_size(axes) : mmd_array_size(axes);
  for (size_t i = 0; i < count; ++i) {
    char made[256];
    snprintf(made, sizeof made, "%s_dynamic_axes_%zu", edge->name, i + 1);
    const char *label = is_dict ? mmd_value_get_string(mmd_object_value_at(axes, i), made) : made;
    int64_t axis = is_dict ? strtoll(mmd_object_key_at(axes, i), NULL, 10)
                           : mmd_value_get_int(mmd_array_at(axes, i), -1);
    if (type.kind != MMD_TYPE_TENSOR || !type.has_rank) continue;
    if (axis < 0) axis += type.rank;
    if (axis < 0 || axis >= type.rank) {
      return MMD_ERROR(MMD_OUT_OF_RANGE, "dynamic_axes: '%s' has %d sizes, there is no axis %s",
                       edge->name, type.rank, is_dict ? mmd_object_key_at(axes, i) : "given");
    }
    if (!force && mmd_dim_is_const(type.dims[axis])) continue;
    type.dims[axis] = mmd_dim_symbol(graph, label);
    MMD_TRY_ALLOC(type.dims[axis]);
  }
  return mmd_edge_set_type(edge, &type);
}

mmd_status_t mmd_partition_label(mmd_graph_t *graph, const mmd_value_t *dynamic_axes) {
  const mmd_region_t *root = graph->root;
  for (size_t i = 0; i < root->input_count; ++i) {
    const mmd_value_t *axes = mmd_object_get(dynamic_axes, root->inputs[i]->name);
    if (axes) MMD_TRY(label_edge(graph, root->inputs[i], axes, true));
  }
  MMD_TRY(mmd_edit_infer(graph));
  for (size_t i = 0; i < root->output_count; ++i) {
    const mmd_value_t *axes = mmd_object_get(dynamic_axes, root->outputs[i]->name);
    if (axes) MMD_TRY(label_edge(graph, root->outputs[i], axes, false));
  }
  return NULL;
}

//===--- cutting -----------------------------------------------------------===//

static mmd_extract_marks_t marks_of(const mmd_partition_part_t *part) {
  return (mmd_extract_marks_t){.start = part->start,
                               .start_count = part->start_count,
                               .end = part->end,
                               .end_count = part->end_count,
                               .start_names = part->start_names,
                               .start_name_count = part->start_name_count,
                               .end_names = part->end_names,
                               .end_name_count = part->end_name_count};
}

// Only these: other nodes that change nothing stay, as they do in the original.
static mmd_status_t remove_identities(mmd_region_t *root) {
  for (mmd_node_t *node = root->first, *next = NULL; node; node = next) {
    next = node->next;
    if (!mmd_node_is(node, MMD_DOMAIN_ONNX, "Identity")) continue;
    mmd_edge_t *from = mmd_node_input(node, 0), *to = node->outputs[0];
    if (!from || !to || node->output_count != 1 || !mmd_edge_can_forward(to, from)) continue;
    MMD_TRY(mmd_edge_forward(to, from));
    MMD_TRY(mmd_node_erase(node));
  }
  return NULL;
}

static mmd_status_t cut(mmd_graph_t *net, const mmd_partition_part_t *part) {
  const mmd_extract_marks_t marks = marks_of(part);
  MMD_TRY(mmd_partition_infer(net));
  MMD_TRY(mmd_graph_extract_marks(net, &marks));
  MMD_TRY(remove_identities(net->root));
  MMD_TRY(mmd_partition_label(net, part->dynamic_axes));
  return mmd_graph_verify(net);
}

mmd_status_t mmd_partition_cut(const mmd_graph_t *graph, const mmd_partition_part_t *part,
                               mmd_graph_t **out_net) {
  mmd_graph_t *net = NULL;
  MMD_TRY(mmd_graph_clone(graph, &net));
  mmd_status_t status = cut(net, part);
  if (status) {
    mmd_graph_destroy(net);
    return mmd_status_annotate(status, "%s", part->save_file);
  }
  *out_net = net;
  return NULL;
}

static mmd_status_t feed(mmd_graph_t *feeder, const mmd_partition_part_t *part,
                         const mmd_graph_t *net) {
  static const char *const passes[] = {"eliminate_dead_code", NULL};
  const mmd_extract_marks_t marks = marks_of(part);
  mmd_region_t *root = feeder->root;
  MMD_TRY(mmd_partition_infer(feeder));
  MMD_TRY(mmd_graph_name_marked(feeder, &marks));
  while (root->output_count) MMD_TRY(mmd_region_remove_output(root, root->output_count - 1));
  for (size_t i = 0; i < net->root->input_count; ++i) {
    mmd_edge_t *edge = mmd_graph_find_edge(feeder, net->root->inputs[i]->name);
    if (!edge) return MMD_ERROR(MMD_INTERNAL, "'%s' is lost", net->root->inputs[i]->name);
    MMD_TRY(mmd_region_add_output(root, edge));
  }
  MMD_TRY(mmd_graph_remove_marks(feeder));
  MMD_TRY(mmd_passes_run(feeder, passes, NULL));
  return mmd_graph_infer(feeder);
}

mmd_status_t mmd_partition_feeder(const mmd_graph_t *graph, const mmd_partition_part_t *part,
                                  const mmd_graph_t *net, mmd_graph_t **out_feeder) {
  mmd_graph_t *feeder = NULL;
  MMD_TRY(mmd_graph_clone(graph, &feeder));
  mmd_status_t status = feed(feeder, part, net);
  if (status) {
    mmd_graph_destroy(feeder);
    return mmd_status_annotate(status, "%s", part->save_file);
  }
  *out_feeder = feeder;
  return NULL;
}
