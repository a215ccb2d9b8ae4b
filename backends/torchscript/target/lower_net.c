// SPDX-License-Identifier: Apache-2.0
//
// The network as a class with a method forward, and the bodies of If and Loop.
#include <ctype.h>
#include <string.h>

#include "backends/torchscript/target/library.h"
#include "backends/torchscript/target/lower_table.h"
#include "value/json.h"

static void lower_nodes(ts_lower_t *l, const mmd_region_t *region) {
  const mmd_node_t *outer = l->node;
  for (const mmd_node_t *node = region->first; node && ts_ok(l); node = node->next) {
    l->node = node;
    ts_lower_node(l);
  }
  l->node = outer;
}

//===--- If and Loop -------------------------------------------------------===//

// A branch sets |names|.
static void lower_branch(ts_lower_t *l, const mmd_region_t *branch, const char *const *names) {
  ++l->indent;
  lower_nodes(l, branch);
  for (size_t i = 0; i < branch->output_count && ts_ok(l); ++i)
    ts_line(l, "%s = %s", names[i], ts_edge(l, branch->outputs[i]));
  --l->indent;
}

void ts_lower_if(ts_lower_t *l) {
  const mmd_region_t *then_branch = mmd_node_attr_region(l->node, "then_branch");
  const mmd_region_t *else_branch = mmd_node_attr_region(l->node, "else_branch");
  const size_t count = l->node->output_count;
  const char **names = mmd_arena_alloc_array(&l->arena, count + 1, sizeof *names);
  const bool is_whole = then_branch && else_branch && then_branch->output_count == count &&
                        else_branch->output_count == count;
  if (!names || !is_whole) {
    ts_refuse(l, "two branches with %zu outputs are needed", count);
    return;
  }
  for (size_t i = 0; i < count; ++i) names[i] = ts_variable(l);
  ts_line(l, "if bool(%s):", ts_input(l, 0));
  lower_branch(l, then_branch, names);
  ts_line(l, "else:");
  lower_branch(l, else_branch, names);
  for (size_t i = 0; i < count; ++i) ts_output(l, i, names[i]);
}

// What a loop carries from turn to turn and what it collects.
typedef struct loop_t {
  const mmd_region_t *body;
  size_t carried, collected;
  const char *turn, *goes_on, **values, **lists;
} loop_t;

static void lower_turn(ts_lower_t *l, const loop_t *loop) {
  const mmd_region_t *body = loop->body;
  ++l->indent;
  ts_bind(l, body->inputs[0], ts_let(l, "torch.tensor(%s, dtype=4)", loop->turn));
  ts_bind(l, body->inputs[1], ts_let(l, "torch.tensor(%s)", loop->goes_on));
  for (size_t i = 0; i < loop->carried; ++i) ts_bind(l, body->inputs[2 + i], loop->values[i]);
  lower_nodes(l, body);
  for (size_t i = 0; i < loop->collected && ts_ok(l); ++i) {
    const mmd_edge_t *edge = body->outputs[1 + loop->carried + i];
    ts_let(l, "torch.append(%s, %s)", loop->lists[i], ts_edge(l, edge));
  }
  // First all values of the next turn, then the names: one may be another's.
  const char *goes_on = ts_ok(l) ? ts_let(l, "bool(%s)", ts_edge(l, body->outputs[0])) : "";
  const char **next = mmd_arena_alloc_array(&l->arena, loop->carried + 1, sizeof *next);
  if (!next) ts_fail(l, mmd_status_no_memory());
  for (size_t i = 0; i < loop->carried && ts_ok(l); ++i)
    next[i] = ts_let(l, "%s", ts_edge(l, body->outputs[1 + i]));
  for (size_t i = 0; i < loop->carried && ts_ok(l); ++i)
    ts_line(l, "%s = %s", loop->values[i], next[i]);
  ts_line(l, "%s = %s", loop->goes_on, goes_on);
  ts_line(l, "%s = torch.add(%s, 1)", loop->turn, loop->turn);
  --l->indent;
}

static void lower_loop(ts_lower_t *l, loop_t *loop) {
  const char *most = ts_has_input(l, 0) ? ts_int(l, 0) : "9223372036854775807";
  loop->turn = ts_let(l, "0");
  loop->goes_on = ts_has_input(l, 1) ? ts_let(l, "bool(%s)", ts_input(l, 1)) : ts_let(l, "True");
  for (size_t i = 0; i < loop->carried; ++i) loop->values[i] = ts_let(l, "%s", ts_input(l, 2 + i));
  for (size_t i = 0; i < loop->collected; ++i)
    loop->lists[i] = ts_let(l, "annotate(List[Tensor], [])");
  ts_line(l, "while torch.__and__(torch.lt(%s, %s), %s):", loop->turn, most, loop->goes_on);
  lower_turn(l, loop);
  for (size_t i = 0; i < loop->carried; ++i) ts_output(l, i, loop->values[i]);
  for (size_t i = 0; i < loop->collected; ++i)
    ts_output(l, loop->carried + i, ts_let(l, "%s(%s)", ts_library(l, TS_STACK), loop->lists[i]));
}

void ts_lower_loop(ts_lower_t *l) {
  loop_t loop = {.body = mmd_node_attr_region(l->node, "body")};
  loop.carried = l->node->input_count > 2 ? l->node->input_count - 2 : 0;
  const bool is_whole = loop.body && loop.body->input_count == loop.carried + 2 &&
                        loop.body->output_count > loop.carried &&
                        l->node->output_count <= loop.body->output_count - 1;
  if (!is_whole) {
    ts_refuse(l, "its body does not fit its inputs");
    return;
  }
  loop.collected = loop.body->output_count - 1 - loop.carried;
  loop.values = mmd_arena_alloc_array(&l->arena, loop.carried + 1, sizeof *loop.values);
  loop.lists = mmd_arena_alloc_array(&l->arena, loop.collected + 1, sizeof *loop.lists);
  if (loop.values && loop.lists) {
    lower_loop(l, &loop);
  } else {
    ts_fail(l, mmd_status_no_memory());
  }
}

//===--- the class ---------------------------------------------------------===//

// Input |i| is called as in the graph where that is a plain name, followed by "_" so that it is no
// word of the language.
static const char *argument_name(ts_lower_t *l, const mmd_region_t *root, size_t i) {
  const char *name = root->inputs[i]->name;
  bool is_plain = isalpha((unsigned char)*name) != 0;
  for (const char *p = name; *p && is_plain; ++p)
    is_plain = isalnum((unsigned char)*p) || *p == '_';
  return is_plain ? ts_text(l, "%s_", name) : ts_text(l, "input_%zu_", i);
}

static const char *return_type(ts_lower_t *l, size_t count) {
  const char *text = "Tensor";
  for (size_t i = 1; i < count; ++i) text = ts_text(l, "%s, Tensor", text);
  return count == 1 ? text : ts_text(l, "Tuple[%s]", text);
}

static void lower_return(ts_lower_t *l, const mmd_region_t *root) {
  if (root->output_count == 1) {
    ts_line(l, "return %s", ts_edge(l, root->outputs[0]));
    return;
  }
  const char *list = "";
  for (size_t i = 0; i < root->output_count && ts_ok(l); ++i)
    list = ts_text(l, "%s%s%s", list, i ? ", " : "", ts_edge(l, root->outputs[i]));
  ts_line(l, "return (%s)", list);
}

// Weights in half precision become f32 once, when the module is loaded.
static mmd_status_t print_state(const ts_archive_t *archive, mmd_str_t *code) {
  if (!archive->weight_count) return NULL;
  MMD_TRY(mmd_str_append(code,
                         "  def __getstate__(self: __torch__.Net) -> List[Tensor]:\n    return ["));
  for (size_t i = 0; i < archive->weight_count; ++i)
    MMD_TRY(mmd_str_printf(code, "%storch.to(self.w%zu, 5)", i ? ", " : "", i));
  MMD_TRY(mmd_str_append(code,
                         "]\n  def __setstate__(self: __torch__.Net,\n"
                         "    state: List[Tensor]) -> NoneType:\n"));
  for (size_t i = 0; i < archive->weight_count; ++i)
    MMD_TRY(mmd_str_printf(code, "    self.w%zu = torch.to(state[%zu], 6)\n", i, i));
  return mmd_str_append(code, "    return None\n");
}

static mmd_status_t print_class(ts_lower_t *l, const mmd_region_t *root, const char *arguments) {
  mmd_str_t *code = &l->archive->code;
  MMD_TRY(mmd_str_append(code,
                         "class Net(Module):\n"
                         "  __parameters__ = []\n"
                         "  __buffers__ = []\n"));
  for (size_t i = 0; i < l->archive->weight_count; ++i)
    MMD_TRY(mmd_str_printf(code, "  w%zu : Tensor\n", i));
  MMD_TRY(mmd_str_printf(code, "  def forward(self: __torch__.Net%s) -> %s:\n", arguments,
                         return_type(l, root->output_count)));
  MMD_TRY(mmd_str_append_n(code, mmd_str_text(&l->body), l->body.size));
  MMD_TRY(print_state(l->archive, code));
  return ts_library_print(l->library, code);
}

static void check_argument(ts_lower_t *l, const mmd_edge_t *edge) {
  if (edge->type.kind == MMD_TYPE_TENSOR && ts_scalar_type(edge->type.dtype) >= 0) return;
  ts_fail(
      l, MMD_ERROR(MMD_NOT_SUPPORTED,
                   "TorchScript: input '%s' is of type %s; PyTorch has no such tensors", edge->name,
                   edge->type.kind == MMD_TYPE_TENSOR ? mmd_dtype_name(edge->type.dtype)
                                                      : "sequence or optional"));
}

static void lower_root(ts_lower_t *l, const mmd_region_t *root) {
  const char *arguments = "";
  if (!root->output_count) {
    ts_fail(l, MMD_ERROR(MMD_NOT_SUPPORTED, "TorchScript: a network without outputs"));
    return;
  }
  for (size_t i = 0; i < root->input_count && ts_ok(l); ++i) {
    const char *name = argument_name(l, root, i);
    check_argument(l, root->inputs[i]);
    arguments = ts_text(l, "%s,\n      %s: Tensor", arguments, name);
    ts_bind(l, root->inputs[i], name);
  }
  lower_nodes(l, root);
  lower_return(l, root);
  if (ts_ok(l)) ts_fail(l, print_class(l, root, arguments));
}

//===--- the description ---------------------------------------------------===//

static mmd_status_t describe_dims(const mmd_type_t *type, mmd_value_t *item) {
  mmd_value_t *dims = mmd_value_array();
  MMD_TRY(mmd_object_take(item, "dims", dims));
  for (int i = 0; i < type->rank; ++i) {
    const mmd_dim_t *dim = type->dims[i];
    if (dim->kind == MMD_DIM_CONST) {
      MMD_TRY(mmd_array_take(dims, mmd_value_int(dim->number)));
    } else {
      MMD_TRY(
          mmd_array_take(dims, mmd_value_string(dim->kind == MMD_DIM_SYMBOL ? dim->symbol : "")));
    }
  }
  return NULL;
}

static mmd_status_t describe_edges(mmd_value_t *root, const char *key, size_t count,
                                   mmd_edge_t *const *edges) {
  mmd_value_t *list = mmd_value_array();
  MMD_TRY(mmd_object_take(root, key, list));
  for (size_t i = 0; i < count; ++i) {
    mmd_value_t *item = mmd_value_object();
    MMD_TRY(mmd_array_take(list, item));
    MMD_TRY(mmd_object_take(item, "name", mmd_value_string(edges[i]->name)));
    MMD_TRY(mmd_object_take(item, "dtype", mmd_value_string(mmd_dtype_name(edges[i]->type.dtype))));
    if (edges[i]->type.has_rank) MMD_TRY(describe_dims(&edges[i]->type, item));
  }
  return NULL;
}

// TorchScript files do not say what goes in and out.
static mmd_status_t describe(const mmd_region_t *region, mmd_str_t *out_text) {
  mmd_value_t *root = mmd_value_object();
  MMD_TRY_ALLOC(root);
  mmd_status_t status = describe_edges(root, "inputs", region->input_count, region->inputs);
  if (!status) status = describe_edges(root, "outputs", region->output_count, region->outputs);
  if (!status) status = mmd_json_write(root, 0, out_text);
  mmd_value_release(root);
  return status;
}

mmd_status_t ts_lower_graph(const mmd_graph_t *graph, ts_archive_t *archive) {
  ts_lower_t l = {.archive = archive, .indent = 2};
  mmd_arena_init(&l.arena);
  lower_root(&l, graph->root);
  if (ts_ok(&l)) ts_fail(&l, describe(graph->root, &archive->description));
  mmd_map_deinit(&l.values);
  mmd_str_deinit(&l.body);
  mmd_arena_deinit(&l.arena);
  return l.status;
}
