// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "graph/internal.h"
#include "graph/text_internal.h"
#include "graph/verify.h"

// "%name" of a new edge, in the arena; NULL for "_".
static mmd_status_t read_new_edge(mmd_text_parser_t *p, const char **out_name) {
  *out_name = NULL;
  if (mmd_text_accept_word(p, "_")) return NULL;
  MMD_TRY(mmd_text_expect(p, "%"));
  MMD_TRY(mmd_text_read_name(p, "an edge's name"));
  if (mmd_graph_find_edge(p->graph, p->word.data))
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "the name '%s' is taken", p->word.data);
  return mmd_graph_strdup(p->graph, p->word.data, out_name);
}

// "%name" of an edge that |region| sees; NULL for "_".
static mmd_status_t read_edge(mmd_text_parser_t *p, const mmd_region_t *region,
                              mmd_edge_t **out_edge) {
  *out_edge = NULL;
  if (mmd_text_accept_word(p, "_")) return NULL;
  MMD_TRY(mmd_text_expect(p, "%"));
  MMD_TRY(mmd_text_read_name(p, "an edge's name"));
  mmd_edge_t *edge = mmd_graph_find_edge(p->graph, p->word.data);
  if (!edge || !mmd_region_is_inside(region, edge->region))
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "edge '%s' is not defined here", p->word.data);
  *out_edge = edge;
  return NULL;
}

static mmd_status_t read_doc(mmd_text_parser_t *p, const char **out_doc) {
  return mmd_text_accept_word(p, "doc") ? mmd_text_read_copy(p, out_doc) : NULL;
}

static mmd_status_t read_input(mmd_text_parser_t *p, mmd_region_t *region) {
  const char *name = NULL;
  mmd_type_t type = {0};
  mmd_edge_t *edge = NULL;
  MMD_TRY(read_new_edge(p, &name));
  if (!name) return mmd_text_error(p, "an input's name");
  if (mmd_text_accept(p, ":")) MMD_TRY(mmd_text_read_type(p, &type));
  MMD_TRY(mmd_region_add_input(region, name, &type, &edge));
  return read_doc(p, &edge->doc);
}

static mmd_status_t read_constant(mmd_text_parser_t *p, mmd_region_t *region) {
  const char *name = NULL;
  mmd_tensor_t tensor = {0};
  mmd_edge_t *edge = NULL;
  MMD_TRY(read_new_edge(p, &name));
  if (!name) return mmd_text_error(p, "a constant's name");
  MMD_TRY(mmd_text_expect(p, ":"));
  MMD_TRY(mmd_text_read_tensor(p, &tensor));
  mmd_status_t status = mmd_region_add_constant(region, name, &tensor, &edge);
  mmd_tensor_deinit(&tensor);
  MMD_TRY(status);
  return read_doc(p, &edge->doc);
}

static mmd_status_t read_output(mmd_text_parser_t *p, mmd_region_t *region) {
  mmd_edge_t *edge = NULL;
  MMD_TRY(read_edge(p, region, &edge));
  if (!edge) return mmd_text_error(p, "an output's name");
  return mmd_region_add_output(region, edge);
}

// Nodes.

typedef struct head_t {
  const char *domain, *op;
  int64_t version;
  const char **outputs;
  mmd_edge_t **inputs;
  size_t output_count, output_capacity, input_count, input_capacity;
} head_t;

static mmd_status_t read_outputs(mmd_text_parser_t *p, head_t *head) {
  if (mmd_text_accept(p, "(")) return mmd_text_expect(p, ")");
  do {
    MMD_TRY(MMD_GRAPH_GROW(p->graph, head->outputs, head->output_capacity, head->output_count + 1));
    MMD_TRY(read_new_edge(p, &head->outputs[head->output_count++]));
  } while (mmd_text_accept(p, ","));
  return NULL;
}

static mmd_status_t read_inputs(mmd_text_parser_t *p, const mmd_region_t *region, head_t *head) {
  MMD_TRY(mmd_text_expect(p, "("));
  if (mmd_text_accept(p, ")")) return NULL;
  do {
    MMD_TRY(MMD_GRAPH_GROW(p->graph, head->inputs, head->input_capacity, head->input_count + 1));
    MMD_TRY(read_edge(p, region, &head->inputs[head->input_count++]));
  } while (mmd_text_accept(p, ","));
  return mmd_text_expect(p, ")");
}

static mmd_status_t read_op(mmd_text_parser_t *p, head_t *head) {
  MMD_TRY(mmd_text_read_name(p, "an operator"));
  MMD_TRY(mmd_graph_strdup(p->graph, p->word.data, &head->op));
  head->domain = "";
  if (mmd_text_accept(p, "::")) {
    head->domain = head->op;
    MMD_TRY(mmd_text_read_name(p, "an operator"));
    MMD_TRY(mmd_graph_strdup(p->graph, p->word.data, &head->op));
  }
  head->version = mmd_graph_opset(p->graph, head->domain);
  return mmd_text_accept(p, ":") ? mmd_text_read_i64(p, &head->version) : NULL;
}

static mmd_status_t make_node(mmd_text_parser_t *p, mmd_region_t *region, const head_t *head,
                              mmd_node_t **out_node) {
  (void)p;
  const char *name = head->output_count > 0 && head->outputs[0] ? head->outputs[0] : "";
  mmd_node_t *node = NULL;
  MMD_TRY(mmd_node_create_named(region, NULL, head->domain, head->op, name, head->input_count,
                                head->inputs, head->output_count, head->outputs, &node));
  node->version = head->version;
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i] && strcmp(node->outputs[i]->name, head->outputs[i]) != 0)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "output '%s' stands twice", head->outputs[i]);
  *out_node = node;
  return NULL;
}

static mmd_status_t read_attrs(mmd_text_parser_t *p, mmd_node_t *node) {
  if (!mmd_text_accept(p, "{")) return NULL;
  do {
    MMD_TRY(mmd_text_read_attr(p, node));
  } while (mmd_text_accept(p, ","));
  return mmd_text_expect(p, "}");
}

static mmd_status_t read_output_types(mmd_text_parser_t *p, mmd_node_t *node) {
  if (!mmd_text_accept(p, ":")) return NULL;
  for (size_t i = 0; i < node->output_count; ++i) {
    mmd_type_t type;
    if (i > 0) MMD_TRY(mmd_text_expect(p, ","));
    MMD_TRY(mmd_text_read_type(p, &type));
    if (node->outputs[i]) node->outputs[i]->type = type;
  }
  return NULL;
}

static mmd_status_t read_node(mmd_text_parser_t *p, mmd_region_t *region) {
  head_t head = {0};
  mmd_node_t *node = NULL;
  MMD_TRY(read_outputs(p, &head));
  MMD_TRY(mmd_text_expect(p, "="));
  MMD_TRY(read_op(p, &head));
  MMD_TRY(read_inputs(p, region, &head));
  MMD_TRY(make_node(p, region, &head, &node));
  MMD_TRY(read_attrs(p, node));
  if (mmd_text_accept_word(p, "name")) MMD_TRY(mmd_text_read_copy(p, &node->name));
  if (mmd_text_accept_word(p, "scope")) MMD_TRY(mmd_text_read_copy(p, &node->scope));
  if (mmd_text_accept_word(p, "overload")) MMD_TRY(mmd_text_read_copy(p, &node->overload));
  MMD_TRY(read_doc(p, &node->doc));
  return read_output_types(p, node);
}

// Bodies. A statement that belongs to regions of every kind; |out_known| is false for others.
static mmd_status_t read_statement(mmd_text_parser_t *p, mmd_region_t *region, bool *out_known) {
  *out_known = true;
  mmd_text_skip(p);
  char next = p->at < p->size ? p->text[p->at] : '\0';
  if (next == '%' || next == '(' || next == '_') return read_node(p, region);
  if (mmd_text_accept_word(p, "input")) return read_input(p, region);
  if (mmd_text_accept_word(p, "constant")) return read_constant(p, region);
  if (mmd_text_accept_word(p, "output")) return read_output(p, region);
  if (mmd_text_accept_word(p, "doc")) return mmd_text_read_copy(p, &region->doc);
  *out_known = false;
  return NULL;
}

mmd_status_t mmd_text_read_region(mmd_text_parser_t *p, mmd_region_t *region) {
  while (!mmd_text_accept(p, "}")) {
    bool is_known = false;
    MMD_TRY(read_statement(p, region, &is_known));
    if (!is_known) return mmd_text_error(p, "input, constant, output, doc, a node or '}'");
  }
  return NULL;
}

static mmd_status_t read_opset(mmd_text_parser_t *p, const char **out_domain,
                               int64_t *out_version) {
  MMD_TRY(mmd_text_read_copy(p, out_domain));
  return mmd_text_read_i64(p, out_version);
}

static mmd_status_t read_function_opset(mmd_text_parser_t *p, mmd_function_t *function) {
  MMD_TRY(MMD_GRAPH_GROW(p->graph, function->opsets, function->opset_capacity,
                         function->opset_count + 1));
  mmd_opset_t *opset = &function->opsets[function->opset_count++];
  *opset = (mmd_opset_t){.domain = ""};
  return read_opset(p, &opset->domain, &opset->version);
}

static mmd_status_t read_function_attribute(mmd_text_parser_t *p, mmd_function_t *function) {
  MMD_TRY(MMD_GRAPH_GROW(p->graph, function->attr_names, function->attr_name_capacity,
                         function->attr_name_count + 1));
  function->attr_names[function->attr_name_count] = "";
  return mmd_text_read_copy(p, &function->attr_names[function->attr_name_count++]);
}

static mmd_status_t read_function_default(mmd_text_parser_t *p, mmd_function_t *function) {
  MMD_TRY(MMD_GRAPH_GROW(p->graph, function->attr_defaults, function->attr_default_capacity,
                         function->attr_default_count + 1));
  const char *name = NULL;
  MMD_TRY(mmd_text_read_name(p, "an attribute's name"));
  MMD_TRY(mmd_graph_strdup(p->graph, p->word.data, &name));
  MMD_TRY(mmd_text_read_default(p, name, &function->attr_defaults[function->attr_default_count]));
  ++function->attr_default_count;
  return NULL;
}

static mmd_status_t read_function_statement(mmd_text_parser_t *p, mmd_function_t *function) {
  bool is_known = false;
  if (mmd_text_accept_word(p, "overload")) return mmd_text_read_copy(p, &function->overload);
  if (mmd_text_accept_word(p, "function_doc")) return mmd_text_read_copy(p, &function->doc);
  if (mmd_text_accept_word(p, "opset")) return read_function_opset(p, function);
  if (mmd_text_accept_word(p, "attribute")) return read_function_attribute(p, function);
  if (mmd_text_accept_word(p, "default")) return read_function_default(p, function);
  MMD_TRY(read_statement(p, function->body, &is_known));
  return is_known ? NULL : mmd_text_error(p, "a statement of a function or '}'");
}

static mmd_status_t read_function(mmd_text_parser_t *p) {
  const char *domain = NULL, *name = NULL;
  mmd_function_t *function = NULL;
  MMD_TRY(mmd_text_read_copy(p, &domain));
  MMD_TRY(mmd_text_read_copy(p, &name));
  MMD_TRY(mmd_graph_add_function(p->graph, domain, name, &function));
  MMD_TRY(mmd_text_expect(p, "{"));
  while (!mmd_text_accept(p, "}")) MMD_TRY(read_function_statement(p, function));
  return NULL;
}

static mmd_status_t read_graph_opset(mmd_text_parser_t *p) {
  const char *domain = NULL;
  int64_t version = 0;
  MMD_TRY(read_opset(p, &domain, &version));
  return mmd_graph_set_opset(p->graph, domain, version);
}

static mmd_status_t read_property(mmd_text_parser_t *p) {
  const char *key = NULL, *value = NULL;
  MMD_TRY(mmd_text_read_copy(p, &key));
  MMD_TRY(mmd_text_read_copy(p, &value));
  return mmd_graph_set_property(p->graph, key, value);
}

static mmd_status_t read_graph_statement(mmd_text_parser_t *p) {
  mmd_graph_t *graph = p->graph;
  bool is_known = false;
  if (mmd_text_accept_word(p, "ir_version")) return mmd_text_read_i64(p, &graph->ir_version);
  if (mmd_text_accept_word(p, "model_version")) return mmd_text_read_i64(p, &graph->model_version);
  if (mmd_text_accept_word(p, "producer")) return mmd_text_read_copy(p, &graph->producer_name);
  if (mmd_text_accept_word(p, "producer_version"))
    return mmd_text_read_copy(p, &graph->producer_version);
  if (mmd_text_accept_word(p, "model_domain")) return mmd_text_read_copy(p, &graph->model_domain);
  if (mmd_text_accept_word(p, "model_doc")) return mmd_text_read_copy(p, &graph->doc);
  if (mmd_text_accept_word(p, "opset")) return read_graph_opset(p);
  if (mmd_text_accept_word(p, "property")) return read_property(p);
  if (mmd_text_accept_word(p, "function")) return read_function(p);
  MMD_TRY(read_statement(p, graph->root, &is_known));
  return is_known ? NULL : mmd_text_error(p, "a statement of a graph or '}'");
}

static mmd_status_t read_graph(mmd_text_parser_t *p) {
  if (!mmd_text_accept_word(p, "graph")) return mmd_text_error(p, "'graph'");
  MMD_TRY(mmd_text_read_copy(p, &p->graph->name));
  p->graph->root->name = p->graph->name;
  MMD_TRY(mmd_text_expect(p, "{"));
  while (!mmd_text_accept(p, "}")) MMD_TRY(read_graph_statement(p));
  mmd_text_skip(p);
  return p->at == p->size ? NULL : mmd_text_error(p, "nothing behind the graph");
}

mmd_status_t mmd_graph_parse(const char *text, size_t size, const char *name,
                             mmd_graph_t **out_graph) {
  mmd_text_parser_t p = {.text = text, .size = size, .name = name ? name : "text"};
  MMD_TRY(mmd_graph_create("", &p.graph));
  mmd_status_t status = read_graph(&p);
  if (status) {
    status = mmd_text_locate(&p, status);
  } else {
    status = mmd_status_annotate(mmd_graph_verify(p.graph), "%s", p.name);
  }
  mmd_str_deinit(&p.word);
  if (status) {
    mmd_graph_destroy(p.graph);
    return status;
  }
  *out_graph = p.graph;
  return NULL;
}
