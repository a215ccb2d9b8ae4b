// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/graph_mutate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontends/onnx/import.h"
#include "graph/verify.h"
#include "ops/op.h"
#include "tests/fuzz/op_attrs.h"
#include "writers/onnx/export.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

enum { MAX_EDGES = 256, MAX_PORTS = 6, MAX_ITEMS = 8 };

void mmd_fuzz_must(mmd_status_t status) {
  if (!status) return;
  fprintf(stderr, "%s\n", mmd_status_message(status));
  abort();
}

void mmd_fuzz_require(bool condition) {
  if (!condition) abort();
}

static mmd_status_t import_bytes(const uint8_t *data, size_t size, mmd_graph_t **out_graph) {
  const mmd_onnx_import_options_t options = {.memory_limit = 64 << 20, .dense_limit = 1 << 20};
  mmd_storage_t *storage = NULL;
  *out_graph = NULL;
  MMD_TRY(mmd_storage_borrow(data, size, NULL, NULL, &storage));
  mmd_status_t status = mmd_onnx_import_storage(storage, "fuzz", NULL, &options, out_graph);
  mmd_storage_release(storage);
  return status;
}

mmd_graph_t *mmd_fuzz_import(const uint8_t *data, size_t size) {
  mmd_graph_t *graph = NULL;
  if (size > MMD_FUZZ_MAX_BYTES || mmd_status_ignore(import_bytes(data, size, &graph))) return NULL;
  if (mmd_graph_node_count(graph) <= MMD_FUZZ_MAX_NODES) return graph;
  mmd_graph_destroy(graph);
  return NULL;
}

//===--- chance ------------------------------------------------------------===//

typedef struct {
  mmd_graph_t *graph;
  uint64_t state;
  size_t node_count, edge_count;
  mmd_node_t *nodes[2 * MMD_FUZZ_MAX_NODES];
  mmd_edge_t *edges[MAX_EDGES];
} mutation_t;

static uint32_t draw(mutation_t *m, uint32_t below) {
  m->state = m->state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(m->state >> 33) % below;
}

static int64_t any_int(mutation_t *m) {
  static const int64_t extremes[] = {-1,        -2,        255,       256,       65535,
                                     INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, (int64_t)1 << 62,
                                     1 << 20,   -128};
  if (draw(m, 8)) return draw(m, 6);
  return extremes[draw(m, sizeof extremes / sizeof *extremes)];
}

static double any_float(mutation_t *m) {
  static const double numbers[] = {0, 1, 0.5, -1, 2, 1e-5, 1e30, -1e30};
  const uint32_t at = draw(m, 10);
  return at < 8 ? numbers[at] : at == 8 ? (double)NAN : (double)INFINITY;
}

static const char *any_string(mutation_t *m) {
  static const char *const strings[] = {"",
                                        "constant",
                                        "reflect",
                                        "edge",
                                        "wrap",
                                        "nearest",
                                        "linear",
                                        "bilinear",
                                        "cubic",
                                        "bicubic",
                                        "zeros",
                                        "border",
                                        "reflection",
                                        "half_pixel",
                                        "asymmetric",
                                        "align_corners",
                                        "pytorch_half_pixel",
                                        "tf_crop_and_resize",
                                        "tf_half_pixel_for_nn",
                                        "output_half_pixel",
                                        "round_prefer_floor",
                                        "floor",
                                        "ceil",
                                        "stretch",
                                        "not_larger",
                                        "not_smaller",
                                        "SAME_UPPER",
                                        "SAME_LOWER",
                                        "VALID",
                                        "NOTSET",
                                        "mean",
                                        "sum",
                                        "none",
                                        "add",
                                        "mul",
                                        "max",
                                        "min",
                                        "avg",
                                        "DCR",
                                        "CRD",
                                        "forward",
                                        "reverse",
                                        "bidirectional",
                                        "LEFT",
                                        "RIGHT",
                                        "Tanh",
                                        "Sigmoid",
                                        "Relu",
                                        "tanh",
                                        "ij,jk->ik",
                                        "...ij->...ji",
                                        "i,i->",
                                        "ii->i",
                                        "a...,b...->ab",
                                        "bij,bjk"};
  return strings[draw(m, sizeof strings / sizeof *strings)];
}

static mmd_dtype_t any_dtype(mutation_t *m) {
  static const mmd_dtype_t usual[] = {MMD_F32,  MMD_F32, MMD_F32, MMD_I64, MMD_I64,
                                      MMD_BOOL, MMD_U8,  MMD_I32, MMD_F16, MMD_F64};
  if (draw(m, 8) == 0) return (mmd_dtype_t)(1 + draw(m, MMD_DTYPE_COUNT - 1));
  return usual[draw(m, sizeof usual / sizeof *usual)];
}

static mmd_shape_t any_shape(mutation_t *m) {
  static const int64_t sizes[] = {1, 2, 3, 4, 5, 1, 2, 3, 8, 0};
  mmd_shape_t shape = {.rank = (int)draw(m, 6)};
  if (draw(m, 32) == 0) shape.rank = MMD_MAX_RANK;
  for (int i = 0; i < shape.rank; ++i) shape.dims[i] = sizes[draw(m, 10)];
  return shape;
}

static mmd_status_t any_tensor(mutation_t *m, mmd_tensor_t *out_tensor) {
  mmd_dtype_t dtype = any_dtype(m);
  mmd_shape_t shape = any_shape(m);
  if (draw(m, 3) == 0) {  // a list of sizes or axes
    dtype = MMD_I64;
    shape = (mmd_shape_t){.rank = 1, .dims = {draw(m, 6)}};
  }
  MMD_TRY(mmd_tensor_create(dtype, &shape, true, out_tensor));
  const size_t count = mmd_tensor_count(out_tensor);
  void *data = mmd_tensor_mutable_data(out_tensor);
  const bool is_number = mmd_dtype_size(dtype) && dtype != MMD_C64 && dtype != MMD_C128;
  for (size_t i = 0; is_number && i < count; ++i) {
    if (mmd_dtype_is_float(dtype)) {
      mmd_dtype_store_f64(dtype, data, i, draw(m, 4) ? (double)draw(m, 9) - 4 : any_float(m));
    } else {
      mmd_dtype_store_i64(dtype, data, i, any_int(m));
    }
  }
  return NULL;
}

static mmd_type_t any_type(mutation_t *m) {
  mmd_shape_t shape = any_shape(m);
  for (int i = 0; i < shape.rank; ++i) {
    if (draw(m, 4) == 0) shape.dims[i] = draw(m, 16) ? -1 : (int64_t)1 << (20 + draw(m, 43));
  }
  mmd_type_t type = mmd_type_tensor(m->graph, any_dtype(m), shape.rank, shape.dims);
  if (draw(m, 16) == 0) type.has_rank = false, type.rank = 0;
  return type;
}

//===--- places ------------------------------------------------------------===//

static void list_region(mutation_t *m, const mmd_region_t *region) {
  for (size_t i = 0; i < region->input_count && m->edge_count < MAX_EDGES; ++i)
    m->edges[m->edge_count++] = region->inputs[i];
  for (size_t i = 0; i < region->constant_count && m->edge_count < MAX_EDGES; ++i)
    m->edges[m->edge_count++] = region->constants[i];
  for (mmd_node_t *node = region->first; node; node = node->next) {
    if (m->node_count < sizeof m->nodes / sizeof *m->nodes) m->nodes[m->node_count++] = node;
    for (size_t i = 0; i < node->output_count && m->edge_count < MAX_EDGES; ++i)
      if (node->outputs[i]) m->edges[m->edge_count++] = node->outputs[i];
    for (size_t i = 0; i < node->attr_count; ++i)
      if (node->attrs[i].kind == MMD_ATTR_REGION) list_region(m, node->attrs[i].u.region);
  }
}

static void list_all(mutation_t *m) {
  m->node_count = m->edge_count = 0;
  list_region(m, m->graph->root);
}

static mmd_node_t *any_node(mutation_t *m) {
  return m->node_count ? m->nodes[draw(m, (uint32_t)m->node_count)] : NULL;
}

static mmd_region_t *any_region(mutation_t *m) {
  mmd_node_t *node = any_node(m);
  return node ? node->region : m->graph->root;
}

// An edge that |region| sees, mostly a late one, or NULL.
static mmd_edge_t *any_edge(mutation_t *m, const mmd_region_t *region) {
  for (int i = 0; i < 8 && m->edge_count; ++i) {
    uint32_t at = draw(m, (uint32_t)m->edge_count);
    if (draw(m, 2) && m->edge_count > 6) at = (uint32_t)m->edge_count - 1 - draw(m, 6);
    if (mmd_region_is_inside(region, m->edges[at]->region)) return m->edges[at];
  }
  return NULL;
}

//===--- changes -----------------------------------------------------------===//

static mmd_status_t make_region(mutation_t *m, mmd_region_t *around, size_t inputs, size_t outputs,
                                mmd_region_t **out_region) {
  mmd_edge_t *edge = NULL;
  MMD_TRY(mmd_region_create(m->graph, "body", out_region));
  for (size_t i = 0; i < inputs; ++i) {
    const mmd_type_t type = any_type(m);
    MMD_TRY(mmd_region_add_input(*out_region, "inner", draw(m, 2) ? NULL : &type, &edge));
  }
  for (size_t i = 0; i < outputs; ++i) {
    mmd_tensor_t tensor = {0};
    mmd_edge_t *seen = draw(m, 2) ? any_edge(m, around) : NULL;
    if (inputs && draw(m, 2)) seen = (*out_region)->inputs[draw(m, (uint32_t)inputs)];
    if (seen && seen->region == *out_region && draw(m, 2)) {
      mmd_node_t *node = NULL;
      MMD_TRY(mmd_node_create(*out_region, NULL, "", "Identity", "inner", 1, &seen, 1, &node));
      seen = node->outputs[0];
    }
    if (!seen) {
      MMD_TRY(any_tensor(m, &tensor));
      mmd_status_t status = mmd_region_add_constant(*out_region, "inner", &tensor, &seen);
      mmd_tensor_deinit(&tensor);
      MMD_TRY(status);
    }
    MMD_TRY(mmd_region_add_output(*out_region, seen));
  }
  return NULL;
}

static mmd_status_t set_numbers(mutation_t *m, mmd_node_t *node, const char *name, char kind) {
  int64_t integers[MAX_ITEMS];
  double numbers[MAX_ITEMS];
  mmd_attr_string_t strings[MAX_ITEMS];
  const size_t count = draw(m, MAX_ITEMS + 1);
  for (size_t i = 0; i < MAX_ITEMS; ++i) {
    const char *text = any_string(m);
    integers[i] = any_int(m);
    numbers[i] = any_float(m);
    strings[i] = (mmd_attr_string_t){text, strlen(text)};
  }
  if (kind == 'I') return mmd_node_set_ints(node, name, count, integers);
  if (kind == 'F') return mmd_node_set_floats(node, name, count, numbers);
  return mmd_node_set_strings(node, name, count, strings);
}

static mmd_status_t set_attr(mutation_t *m, mmd_node_t *node, const char *name, char kind) {
  mmd_tensor_t tensor = {0};
  mmd_region_t *region = NULL;
  mmd_type_t type;
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_TYPE};
  switch (kind) {
    case 'i':
      return mmd_node_set_int(node, name, any_int(m));
    case 'f':
      return mmd_node_set_float(node, name, any_float(m));
    case 's':
      return mmd_node_set_string(node, name, any_string(m));
    case 't':
      MMD_TRY(any_tensor(m, &tensor));
      mmd_status_t status = mmd_node_set_tensor(node, name, &tensor);
      mmd_tensor_deinit(&tensor);
      return status;
    case 'g':
      MMD_TRY(make_region(m, node->region,
                          draw(m, 4) ? (node->input_count + (draw(m, 2) ? 0 : 1)) : draw(m, 4),
                          node->output_count + (draw(m, 2) ? 0 : 1), &region));
      return mmd_node_set_region(node, name, region);
    case 'p':
      type = any_type(m);
      attr.u.type = &type;
      return mmd_node_set_attr(node, &attr);
    default:
      return set_numbers(m, node, name, kind);
  }
}

// One attribute that the operator reads, now and then of a wrong kind.
static mmd_status_t change_attr(mutation_t *m, mmd_node_t *node) {
  const char *attrs = mmd_op_attrs(node->op), *at = attrs;
  char name[64];
  uint32_t count = *attrs ? 1 : 0;
  for (const char *p = attrs; *p; ++p) count += *p == ' ';
  if (!count) return NULL;
  for (uint32_t skip = draw(m, count); skip; --skip) at = strchr(at, ' ') + 1;
  const size_t size = strcspn(at, ":");
  if (size + 1 > sizeof name) return NULL;
  memcpy(name, at, size);
  name[size] = '\0';
  char kind = at[size + 1];
  if (draw(m, 12) == 0) {
    mmd_node_remove_attr(node, name);
    return NULL;
  }
  if (draw(m, 24) == 0) kind = MMD_FUZZ_KINDS[draw(m, 8)];
  return set_attr(m, node, name, kind);
}

static mmd_status_t any_input(mutation_t *m, mmd_region_t *region, mmd_edge_t **out_edge) {
  mmd_tensor_t tensor = {0};
  if (draw(m, 3)) *out_edge = any_edge(m, region);
  if (*out_edge) return NULL;
  MMD_TRY(any_tensor(m, &tensor));
  mmd_status_t status = mmd_region_add_constant(region, "constant", &tensor, out_edge);
  mmd_tensor_deinit(&tensor);
  return status;
}

static mmd_status_t set_opset(mutation_t *m, const mmd_op_t *op) {
  if (mmd_graph_opset(m->graph, op->domain)) return NULL;
  return mmd_graph_set_opset(m->graph, op->domain, *op->domain ? 1 : 7 + draw(m, 15));
}

static uint32_t draw_ports(mutation_t *m, int min, int max) {
  if (max < 0 || max > MAX_PORTS) max = MAX_PORTS;
  if (min > MAX_PORTS) min = MAX_PORTS;
  return max > min ? (uint32_t)min + draw(m, (uint32_t)(max - min) + 1) : (uint32_t)min;
}

static mmd_status_t insert_node(mutation_t *m) {
  const mmd_op_t *op = mmd_op_at(draw(m, (uint32_t)mmd_op_count()));
  mmd_region_t *region = any_region(m);
  mmd_edge_t *inputs[MAX_PORTS] = {NULL};
  mmd_node_t *node = NULL;
  MMD_TRY(set_opset(m, op));
  const uint32_t in = draw_ports(m, op->min_inputs, op->max_inputs);
  const uint32_t out = draw_ports(m, op->min_outputs ? op->min_outputs : 1, op->max_outputs);
  for (uint32_t i = 0; i < in; ++i) {
    if ((int)i < op->min_inputs || draw(m, 4)) MMD_TRY(any_input(m, region, &inputs[i]));
  }
  MMD_TRY(mmd_node_create(region, NULL, op->domain, op->name, op->name, in, inputs, out, &node));
  for (uint32_t i = draw(m, 6); i; --i) MMD_TRY(change_attr(m, node));
  const char *graphs = mmd_op_attrs(op->name);  // without its graphs it does nothing
  if (strstr(graphs, "body:g")) MMD_TRY(set_attr(m, node, "body", 'g'));
  if (strstr(graphs, "then_branch:g")) {
    MMD_TRY(set_attr(m, node, "then_branch", 'g'));
    MMD_TRY(set_attr(m, node, "else_branch", 'g'));
  }
  if (!node->outputs[0] || region->output_count > 8) return NULL;
  if (region == m->graph->root && draw(m, 2))
    return mmd_region_add_output(region, node->outputs[0]);
  return region->output_count
             ? mmd_region_set_output(region, draw(m, (uint32_t)region->output_count),
                                     node->outputs[0])
             : mmd_region_add_output(region, node->outputs[0]);
}

static mmd_status_t remove_node(mutation_t *m) {
  mmd_node_t *node = any_node(m);
  if (!node) return NULL;
  for (size_t i = 0; i < node->output_count; ++i) {
    mmd_edge_t *other = any_edge(m, node->region);
    if (!node->outputs[i] || mmd_edge_use_count(node->outputs[i]) == 0) continue;
    if (!other || other->producer == node) return NULL;
    MMD_TRY(mmd_edge_replace_uses(node->outputs[i], other));
  }
  return mmd_node_erase(node);
}

static mmd_status_t rewire(mutation_t *m) {
  mmd_node_t *node = any_node(m);
  mmd_edge_t *edge = NULL;
  if (!node) return NULL;
  const uint32_t at = draw(m, (uint32_t)node->input_count + 1);
  if (at == node->input_count && draw(m, 4)) return NULL;
  if (draw(m, 12)) MMD_TRY(any_input(m, node->region, &edge));
  return mmd_node_set_input(node, at, edge);
}

static mmd_status_t change_op(mutation_t *m) {
  mmd_node_t *node = any_node(m);
  const mmd_op_t *op = mmd_op_at(draw(m, (uint32_t)mmd_op_count()));
  if (!node) return NULL;
  MMD_TRY(set_opset(m, op));
  return mmd_node_set_op(node, op->domain, op->name, mmd_graph_opset(m->graph, op->domain));
}

static mmd_status_t change_input_type(mutation_t *m) {
  const mmd_type_t type = any_type(m);
  mmd_region_t *region = any_region(m);
  mmd_edge_t *edge = NULL;
  if (region->input_count == 0 || (region == m->graph->root && draw(m, 6) == 0)) {
    return region == m->graph->root ? mmd_region_add_input(region, "x", &type, &edge) : NULL;
  }
  return mmd_edge_set_type(region->inputs[draw(m, (uint32_t)region->input_count)], &type);
}

static mmd_status_t change_constant(mutation_t *m) {
  mmd_tensor_t tensor = {0};
  mmd_edge_t *edge = m->edge_count ? m->edges[draw(m, (uint32_t)m->edge_count)] : NULL;
  for (int i = 0; i < 8 && edge && !edge->is_constant; ++i)
    edge = m->edges[draw(m, (uint32_t)m->edge_count)];
  if (!edge || !edge->is_constant) return NULL;
  const mmd_dtype_t dtype = edge->constant.dtype;
  const size_t count = mmd_tensor_count(&edge->constant);
  if (draw(m, 3) == 0 || count == 0 || !mmd_dtype_size(dtype) || dtype == MMD_C64 ||
      dtype == MMD_C128) {
    MMD_TRY(any_tensor(m, &tensor));
  } else {
    MMD_TRY(mmd_tensor_copy(&edge->constant, &tensor));
    const size_t at = draw(m, count > 64 ? 64 : (uint32_t)count);
    if (mmd_dtype_is_float(dtype)) {
      mmd_dtype_store_f64(dtype, mmd_tensor_mutable_data(&tensor), at, any_float(m));
    } else {
      mmd_dtype_store_i64(dtype, mmd_tensor_mutable_data(&tensor), at, any_int(m));
    }
  }
  mmd_status_t status = mmd_edge_set_constant(edge, &tensor);
  mmd_tensor_deinit(&tensor);
  return status;
}

static mmd_status_t change_outputs(mutation_t *m) {
  mmd_region_t *region = any_region(m);
  mmd_edge_t *edge = any_edge(m, region);
  if (region->output_count && draw(m, 3) == 0) {
    return mmd_region_remove_output(region, draw(m, (uint32_t)region->output_count));
  }
  if (!edge || region->output_count > 8) return NULL;
  if (!region->output_count || draw(m, 2)) return mmd_region_add_output(region, edge);
  return mmd_region_set_output(region, draw(m, (uint32_t)region->output_count), edge);
}

static mmd_status_t mutate_once(mutation_t *m) {
  list_all(m);
  if (m->node_count == 0 || m->edge_count == 0) {
    MMD_TRY(change_input_type(m));
    return insert_node(m);
  }
  mmd_node_t *node = any_node(m);
  switch (draw(m, 16)) {
    case 0:
    case 1:
    case 2:
      return m->node_count < MMD_FUZZ_MAX_NODES / 2 ? insert_node(m) : remove_node(m);
    case 3:
      return remove_node(m);
    case 4:
    case 5:
      return rewire(m);
    case 6:
      return change_op(m);
    case 7:
    case 8:
      return change_input_type(m);
    case 9:
    case 10:
    case 11:
      return change_constant(m);
    case 12:
      return change_outputs(m);
    case 13:
      return draw(m, 3) ? change_attr(m, node) : mmd_graph_set_opset(m->graph, "", 7 + draw(m, 15));
    default:
      return change_attr(m, node);
  }
}

static mmd_status_t mutate(mutation_t *m, mmd_storage_t **out_bytes) {
  for (uint32_t i = 1 + draw(m, 4); i; --i) MMD_TRY(mutate_once(m));
  MMD_TRY(mmd_graph_sort(m->graph));
  return mmd_onnx_export_memory(m->graph, NULL, out_bytes);
}

size_t mmd_fuzz_mutate_graph(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  mutation_t m = {.state = seed * 2654435761u + 88172645463325252u};
  mmd_storage_t *bytes = NULL;
  size_t result = 0;
  (void)draw(&m, 2);
  m.graph = mmd_fuzz_import(data, size);
  if (!m.graph && draw(&m, 4) == 0) {
    if (mmd_status_ignore(mmd_graph_create("g", &m.graph)) ||
        mmd_status_ignore(mmd_graph_set_opset(m.graph, "", 7 + draw(&m, 15)))) {
      mmd_graph_destroy(m.graph);
      m.graph = NULL;
    }
  }
  if (m.graph && draw(&m, 32) && !mmd_status_ignore(mutate(&m, &bytes)) &&
      mmd_storage_size(bytes) <= max_size) {
    result = mmd_storage_size(bytes);
    memcpy(data, mmd_storage_data(bytes), result);
  }
  mmd_storage_release(bytes);
  mmd_graph_destroy(m.graph);
  return result ? result : LLVMFuzzerMutate(data, size, max_size);
}
