// SPDX-License-Identifier: Apache-2.0
#include "convert/edit_precision_check.h"

#include <string.h>
#include <time.h>

#include "ops/infer.h"

enum { SEARCH_STEPS = 6 };   // a cut is found to one part in 64 of the network
#define SEARCH_SECONDS 20.0  // no further step after that

void mmd_precision_check_deinit(mmd_precision_check_t *check) {
  mmd_optimize_check_deinit(&check->outputs);
  mmd_optimize_check_deinit(&check->decided);
  mmd_str_deinit(&check->advice);
}

//===--- decisions ---------------------------------------------------------===//

// Operators whose result jumps where the numbers that go in change a little.
static bool decides(const mmd_node_t *node) {
  static const char *const ops[] = {"ArgMax",
                                    "ArgMin",
                                    "Ceil",
                                    "Equal",
                                    "Floor",
                                    "Greater",
                                    "Hardmax",
                                    "GreaterOrEqual",
                                    "Less",
                                    "LessOrEqual",
                                    "NonMaxSuppression",
                                    "NonZero",
                                    "Round",
                                    "Sign",
                                    "TopK"};
  if (mmd_node_is(node, MMD_DOMAIN_ONNX, "Cast"))
    return !mmd_dtype_is_float((mmd_dtype_t)mmd_node_attr_int(node, "to", 0));
  if (mmd_node_is(node, MMD_DOMAIN_MMDEPLOY, "NMSRotated")) return true;
  for (size_t i = 0; i < sizeof ops / sizeof *ops; ++i)
    if (mmd_node_is(node, MMD_DOMAIN_ONNX, ops[i])) return true;
  return false;
}

static bool is_decision(const mmd_node_t *node) {
  bool reads = false;
  for (size_t i = 0; i < node->input_count; ++i)
    reads = reads || mmd_precision_is_activation(node->inputs[i]);
  for (size_t i = 0; reads && i < node->output_count; ++i) {
    const mmd_edge_t *edge = node->outputs[i];
    if (edge && edge->type.kind != MMD_TYPE_TENSOR) return false;
  }
  return reads && decides(node);
}

static bool is_output(const mmd_region_t *root, const mmd_edge_t *edge) {
  for (size_t i = 0; i < root->output_count; ++i)
    if (root->outputs[i] == edge) return true;
  return false;
}

// What is decided on becomes an output.
static mmd_status_t show_inputs(mmd_region_t *root, const mmd_node_t *node) {
  for (size_t i = 0; i < node->input_count; ++i) {
    mmd_edge_t *edge = node->inputs[i];
    if (edge && edge->producer && mmd_precision_is_activation(edge) && !is_output(root, edge))
      MMD_TRY(mmd_region_add_output(root, edge));
  }
  return NULL;
}

// |before| answers its decisions as further outputs, |after| takes them as further inputs. The two
// are copies of one graph.
static mmd_status_t hand_over(mmd_graph_t *before, mmd_graph_t *after, const mmd_node_t *node,
                              size_t *count) {
  for (size_t i = 0; i < node->output_count; ++i) {
    mmd_edge_t *edge = node->outputs[i], *input = NULL;
    if (!edge || !edge->uses) continue;
    mmd_edge_t *old = mmd_graph_find_edge(after, edge->name);
    const char *name = mmd_graph_fresh_name(after, edge->name);
    MMD_TRY_ALLOC(name);
    MMD_TRY(mmd_region_add_output(before->root, edge));
    MMD_TRY(mmd_region_add_input(after->root, name, &old->type, &input));
    MMD_TRY(mmd_edge_forward(old, input));
    ++*count;
  }
  return NULL;
}

// All that is decided on first: what is handed over stands at the end.
static mmd_status_t cut_decisions(mmd_graph_t *before, mmd_graph_t *after, size_t *out_decisions,
                                  size_t *out_handed) {
  mmd_precision_mark_activations(before);
  mmd_precision_mark_activations(after);
  for (mmd_node_t *node = before->root->first; node; node = node->next)
    if (is_decision(node)) MMD_TRY(show_inputs(before->root, node));
  for (mmd_node_t *node = after->root->first; node; node = node->next)
    if (is_decision(node)) MMD_TRY(show_inputs(after->root, node));
  for (const mmd_node_t *node = before->root->first; node; node = node->next) {
    const size_t handed = *out_handed;
    if (is_decision(node)) MMD_TRY(hand_over(before, after, node, out_handed));
    *out_decisions += *out_handed > handed;
  }
  return NULL;
}

//===--- comparisons -------------------------------------------------------===//

static mmd_status_t convert_and_compare(const mmd_graph_t *before, mmd_graph_t *after,
                                        const mmd_precision_request_t *request,
                                        const mmd_optimize_trial_t *trial, size_t *out_kept,
                                        mmd_optimize_check_t *out_check) {
  mmd_precision_request_t same_io = *request;
  mmd_precision_counts_t counts;
  same_io.keep_io = true;
  mmd_status_t status = mmd_edit_precision(after, &same_io, &counts);
  *out_kept = counts.kept;
  mmd_precision_counts_deinit(&counts);
  MMD_TRY(status);
  return mmd_optimize_verify(before, after, trial, out_check);
}

static mmd_status_t compare_outputs(const mmd_graph_t *graph,
                                    const mmd_precision_request_t *request,
                                    const mmd_optimize_trial_t *trial,
                                    mmd_precision_check_t *check) {
  mmd_graph_t *after = NULL;
  size_t kept = 0;
  MMD_TRY(mmd_graph_clone(graph, &after));
  mmd_status_t status = convert_and_compare(graph, after, request, trial, &kept, &check->outputs);
  mmd_graph_destroy(after);
  return status;
}

static mmd_status_t compare_decided(const mmd_graph_t *graph,
                                    const mmd_precision_request_t *request,
                                    const mmd_optimize_trial_t *trial, size_t *out_decisions,
                                    size_t *out_kept, mmd_optimize_check_t *out_check) {
  mmd_graph_t *before = NULL, *after = NULL;
  mmd_optimize_trial_t handing = *trial;
  mmd_status_t status = mmd_graph_clone(graph, &before);
  *out_decisions = 0;
  if (!status) status = mmd_graph_infer(before);
  if (!status) status = mmd_graph_clone(before, &after);
  if (!status) status = cut_decisions(before, after, out_decisions, &handing.handed_over);
  if (!status) status = convert_and_compare(before, after, request, &handing, out_kept, out_check);
  mmd_graph_destroy(before);
  mmd_graph_destroy(after);
  return status;
}

//===--- advice ------------------------------------------------------------===//

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct search_t {
  const mmd_graph_t *graph;
  const mmd_precision_request_t *request;
  const mmd_optimize_trial_t *trial;
  bool is_until;  // --keep-until, else --keep-from
  double begin;   // seconds
  size_t kept;    // nodes that stay float32 anyway
} search_t;

// Whether the network would pass with one more tensor in the list.
static mmd_status_t try_cut(const search_t *search, const char *tensor, double *out_max_rel,
                            size_t *out_kept, bool *out_passes) {
  mmd_precision_request_t request = *search->request;
  const mmd_value_t **list = search->is_until ? &request.keep_until : &request.keep_from;
  mmd_value_t *names = mmd_value_array();
  mmd_optimize_check_t check = {0};
  size_t decisions = 0;
  mmd_status_t status = names ? NULL : mmd_status_no_memory();
  for (size_t i = 0; !status && i < mmd_array_size(*list); ++i)
    status =
        mmd_array_take(names, mmd_value_string(mmd_value_get_string(mmd_array_at(*list, i), "")));
  if (!status) status = mmd_array_take(names, mmd_value_string(tensor));
  *list = names;
  if (!status) {
    status = compare_decided(search->graph, &request, search->trial, &decisions, out_kept, &check);
  }
  *out_passes = !status && check.runs > 0 && !check.differs;
  *out_max_rel = check.max_rel;
  mmd_optimize_check_deinit(&check);
  mmd_value_release(names);
  return status;
}

static const mmd_node_t *node_at(const mmd_graph_t *graph, size_t position) {
  const mmd_node_t *node = graph->root->first;
  while (position-- > 0 && node->next) node = node->next;
  return node;
}

// Halves the way to the shortest beginning (or end) of the network that has to stay float32.
static mmd_status_t search_cut(const search_t *search, mmd_precision_check_t *check) {
  size_t count = 0;
  for (const mmd_node_t *node = search->graph->root->first; node; node = node->next) ++count;
  size_t low = 0, high = count;  // the cut lies behind so many nodes, between these
  for (int step = 0; step < SEARCH_STEPS && low + 1 < high; ++step) {
    const size_t middle = (low + high) / 2;
    const mmd_node_t *node = node_at(search->graph, middle - 1);
    const char *tensor = node->output_count && node->outputs[0] ? node->outputs[0]->name : NULL;
    double max_rel = 0;
    size_t kept = 0;
    bool passes = false;
    check->is_cut_short = now() - search->begin > SEARCH_SECONDS;
    if (!tensor || check->is_cut_short) break;
    MMD_TRY(try_cut(search, tensor, &max_rel, &kept, &passes));
    if (passes == search->is_until) {
      high = middle;
    } else {
      low = middle;
    }
    const bool is_some = 4 * (count - kept) >= count - search->kept;  // a quarter stays half
    if (!passes || !is_some || (*mmd_str_text(&check->advice) && kept >= check->advice_kept))
      continue;
    mmd_str_clear(&check->advice);
    MMD_TRY(mmd_str_printf(&check->advice, "--keep-%s '%s'", search->is_until ? "until" : "from",
                           tensor));
    check->advice_max_rel = max_rel;
    check->advice_kept = kept;
  }
  return NULL;
}

static mmd_status_t advise(const mmd_graph_t *graph, const mmd_precision_request_t *request,
                           const mmd_optimize_trial_t *trial, size_t kept,
                           mmd_precision_check_t *check) {
  search_t search = {graph, request, trial, false, now(), kept};
  MMD_TRY(search_cut(&search, check));
  search.is_until = true;
  return search_cut(&search, check);
}

mmd_status_t mmd_precision_check(const mmd_graph_t *graph, const mmd_precision_request_t *request,
                                 const mmd_optimize_trial_t *trial,
                                 mmd_precision_check_t *out_check) {
  size_t kept = 0;
  *out_check = (mmd_precision_check_t){0};
  MMD_TRY(compare_outputs(graph, request, trial, out_check));
  if (!out_check->outputs.differs) return NULL;
  out_check->has_decided = true;
  MMD_TRY(
      compare_decided(graph, request, trial, &out_check->decisions, &kept, &out_check->decided));
  out_check->differs = out_check->decided.differs || !out_check->decided.runs;
  return out_check->differs ? advise(graph, request, trial, kept, out_check) : NULL;
}
