// SPDX-License-Identifier: Apache-2.0
#include "graph/text.h"

#include <string.h>

#include "graph/internal.h"
#include "graph/text_internal.h"

mmd_status_t mmd_text_indent(mmd_text_printer_t *p) {
  for (int i = 0; i < p->indent; ++i) MMD_TRY(mmd_str_append(p->out, "  "));
  return NULL;
}

static mmd_status_t print_name(const char *name, mmd_str_t *out) {
  if (mmd_text_is_name(name)) return mmd_str_append(out, name);
  return mmd_text_quote(name, strlen(name), out);
}

// " word "text""
static mmd_status_t print_field(mmd_text_printer_t *p, const char *word, const char *text) {
  MMD_TRY(mmd_str_printf(p->out, " %s ", word));
  return mmd_text_quote(text, strlen(text), p->out);
}

static mmd_status_t print_line_field(mmd_text_printer_t *p, const char *word, const char *text) {
  if (!text || !*text) return NULL;
  MMD_TRY(mmd_text_indent(p));
  MMD_TRY(mmd_str_printf(p->out, "%s ", word));
  MMD_TRY(mmd_text_quote(text, strlen(text), p->out));
  return mmd_str_append_char(p->out, '\n');
}

static mmd_status_t print_edges(mmd_text_printer_t *p, mmd_edge_t *const *edges, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) MMD_TRY(mmd_str_append(p->out, ", "));
    MMD_TRY(mmd_text_print_edge(edges[i], p->out));
  }
  return NULL;
}

static mmd_status_t print_op(mmd_text_printer_t *p, const mmd_node_t *node) {
  if (*node->domain) {
    MMD_TRY(print_name(node->domain, p->out));
    MMD_TRY(mmd_str_append(p->out, "::"));
  }
  MMD_TRY(print_name(node->op, p->out));
  if (node->version == mmd_graph_opset(node->region->graph, node->domain)) return NULL;
  return mmd_str_printf(p->out, ":%lld", (long long)node->version);
}

static mmd_status_t print_attrs(mmd_text_printer_t *p, const mmd_node_t *node) {
  if (node->attr_count == 0) return NULL;
  MMD_TRY(mmd_str_append(p->out, " {"));
  for (size_t i = 0; i < node->attr_count; ++i) {
    if (i > 0) MMD_TRY(mmd_str_append(p->out, ", "));
    MMD_TRY(mmd_text_print_attr(p, &node->attrs[i]));
  }
  return mmd_str_append_char(p->out, '}');
}

static const char *default_name(const mmd_node_t *node) {
  return node->output_count > 0 && node->outputs[0] ? node->outputs[0]->name : "";
}

static mmd_status_t print_output_types(mmd_text_printer_t *p, const mmd_node_t *node) {
  bool is_known = false;
  for (size_t i = 0; i < node->output_count; ++i)
    is_known |= node->outputs[i] && node->outputs[i]->type.kind != MMD_TYPE_UNKNOWN;
  if (!is_known || (p->flags & MMD_TEXT_NO_TYPES)) return NULL;
  MMD_TRY(mmd_str_append(p->out, " : "));
  for (size_t i = 0; i < node->output_count; ++i) {
    mmd_type_t unknown = {0};
    if (i > 0) MMD_TRY(mmd_str_append(p->out, ", "));
    MMD_TRY(mmd_type_format(node->outputs[i] ? &node->outputs[i]->type : &unknown, p->out));
  }
  return NULL;
}

static mmd_status_t print_node(mmd_text_printer_t *p, const mmd_node_t *node) {
  MMD_TRY(mmd_text_indent(p));
  if (node->output_count == 0) MMD_TRY(mmd_str_append(p->out, "()"));
  MMD_TRY(print_edges(p, node->outputs, node->output_count));
  MMD_TRY(mmd_str_append(p->out, " = "));
  MMD_TRY(print_op(p, node));
  MMD_TRY(mmd_str_append_char(p->out, '('));
  MMD_TRY(print_edges(p, node->inputs, node->input_count));
  MMD_TRY(mmd_str_append_char(p->out, ')'));
  MMD_TRY(print_attrs(p, node));
  if (strcmp(node->name, default_name(node)) != 0) MMD_TRY(print_field(p, "name", node->name));
  if (*node->scope) MMD_TRY(print_field(p, "scope", node->scope));
  if (*node->overload) MMD_TRY(print_field(p, "overload", node->overload));
  if (node->doc) MMD_TRY(print_field(p, "doc", node->doc));
  MMD_TRY(print_output_types(p, node));
  return mmd_str_append_char(p->out, '\n');
}

static mmd_status_t print_input(mmd_text_printer_t *p, const mmd_edge_t *edge) {
  MMD_TRY(mmd_text_indent(p));
  MMD_TRY(mmd_str_append(p->out, "input "));
  MMD_TRY(mmd_text_print_edge(edge, p->out));
  if (edge->type.kind != MMD_TYPE_UNKNOWN) {
    MMD_TRY(mmd_str_append(p->out, " : "));
    MMD_TRY(mmd_type_format(&edge->type, p->out));
  }
  if (edge->doc) MMD_TRY(print_field(p, "doc", edge->doc));
  return mmd_str_append_char(p->out, '\n');
}

static mmd_status_t print_constant(mmd_text_printer_t *p, const mmd_edge_t *edge) {
  MMD_TRY(mmd_text_indent(p));
  MMD_TRY(mmd_str_append(p->out, "constant "));
  MMD_TRY(mmd_text_print_edge(edge, p->out));
  MMD_TRY(mmd_str_append(p->out, " : "));
  MMD_TRY(mmd_text_print_tensor(&edge->constant, p->flags, p->out));
  if (edge->doc) MMD_TRY(print_field(p, "doc", edge->doc));
  return mmd_str_append_char(p->out, '\n');
}

static mmd_status_t print_body(mmd_text_printer_t *p, const mmd_region_t *region) {
  MMD_TRY(print_line_field(p, "doc", region->doc));
  for (size_t i = 0; i < region->input_count; ++i) MMD_TRY(print_input(p, region->inputs[i]));
  for (size_t i = 0; i < region->constant_count; ++i)
    MMD_TRY(print_constant(p, region->constants[i]));
  for (const mmd_node_t *node = region->first; node; node = node->next)
    MMD_TRY(print_node(p, node));
  for (size_t i = 0; i < region->output_count; ++i) {
    MMD_TRY(mmd_text_indent(p));
    MMD_TRY(mmd_str_append(p->out, "output "));
    MMD_TRY(mmd_text_print_edge(region->outputs[i], p->out));
    MMD_TRY(mmd_str_append_char(p->out, '\n'));
  }
  return NULL;
}

static mmd_status_t close_brace(mmd_text_printer_t *p) {
  --p->indent;
  MMD_TRY(mmd_text_indent(p));
  return mmd_str_append_char(p->out, '}');
}

mmd_status_t mmd_text_print_region(mmd_text_printer_t *p, const mmd_region_t *region) {
  MMD_TRY(mmd_text_quote(region->name, strlen(region->name), p->out));
  MMD_TRY(mmd_str_append(p->out, " {\n"));
  ++p->indent;
  MMD_TRY(print_body(p, region));
  return close_brace(p);
}

static mmd_status_t print_opset(mmd_text_printer_t *p, const mmd_opset_t *opset) {
  MMD_TRY(mmd_text_indent(p));
  MMD_TRY(mmd_str_append(p->out, "opset "));
  MMD_TRY(mmd_text_quote(opset->domain, strlen(opset->domain), p->out));
  return mmd_str_printf(p->out, " %lld\n", (long long)opset->version);
}

static mmd_status_t print_int(mmd_text_printer_t *p, const char *word, int64_t number) {
  if (number == 0) return NULL;
  MMD_TRY(mmd_text_indent(p));
  return mmd_str_printf(p->out, "%s %lld\n", word, (long long)number);
}

static mmd_status_t print_header(mmd_text_printer_t *p, const mmd_graph_t *graph) {
  MMD_TRY(print_int(p, "ir_version", graph->ir_version));
  MMD_TRY(print_line_field(p, "producer", graph->producer_name));
  MMD_TRY(print_line_field(p, "producer_version", graph->producer_version));
  MMD_TRY(print_line_field(p, "model_domain", graph->model_domain));
  MMD_TRY(print_int(p, "model_version", graph->model_version));
  MMD_TRY(print_line_field(p, "model_doc", graph->doc));
  for (size_t i = 0; i < graph->opset_count; ++i) MMD_TRY(print_opset(p, &graph->opsets[i]));
  for (size_t i = 0; i < graph->property_count; ++i) {
    MMD_TRY(mmd_text_indent(p));
    MMD_TRY(mmd_str_append(p->out, "property "));
    MMD_TRY(mmd_text_quote(graph->properties[i].key, strlen(graph->properties[i].key), p->out));
    MMD_TRY(mmd_str_append_char(p->out, ' '));
    MMD_TRY(mmd_text_quote(graph->properties[i].value, strlen(graph->properties[i].value), p->out));
    MMD_TRY(mmd_str_append_char(p->out, '\n'));
  }
  return NULL;
}

static mmd_status_t print_function_attrs(mmd_text_printer_t *p, const mmd_function_t *function) {
  for (size_t i = 0; i < function->attr_name_count; ++i)
    MMD_TRY(print_line_field(p, "attribute", function->attr_names[i]));
  for (size_t i = 0; i < function->attr_default_count; ++i) {
    MMD_TRY(mmd_text_indent(p));
    MMD_TRY(mmd_str_append(p->out, "default "));
    MMD_TRY(mmd_text_print_attr(p, &function->attr_defaults[i]));
    MMD_TRY(mmd_str_append_char(p->out, '\n'));
  }
  return NULL;
}

static mmd_status_t print_function(mmd_text_printer_t *p, const mmd_function_t *function) {
  MMD_TRY(mmd_text_indent(p));
  MMD_TRY(mmd_str_append(p->out, "function "));
  MMD_TRY(mmd_text_quote(function->domain, strlen(function->domain), p->out));
  MMD_TRY(mmd_str_append_char(p->out, ' '));
  MMD_TRY(mmd_text_quote(function->name, strlen(function->name), p->out));
  MMD_TRY(mmd_str_append(p->out, " {\n"));
  ++p->indent;
  MMD_TRY(print_line_field(p, "overload", function->overload));
  MMD_TRY(print_line_field(p, "function_doc", function->doc));
  for (size_t i = 0; i < function->opset_count; ++i) MMD_TRY(print_opset(p, &function->opsets[i]));
  MMD_TRY(print_function_attrs(p, function));
  MMD_TRY(print_body(p, function->body));
  MMD_TRY(close_brace(p));
  return mmd_str_append_char(p->out, '\n');
}

mmd_status_t mmd_graph_print(const mmd_graph_t *graph, unsigned flags, mmd_str_t *out_text) {
  mmd_text_printer_t p = {.out = out_text, .flags = flags};
  MMD_TRY(mmd_str_append(out_text, "graph "));
  MMD_TRY(mmd_text_quote(graph->name, strlen(graph->name), out_text));
  MMD_TRY(mmd_str_append(out_text, " {\n"));
  ++p.indent;
  MMD_TRY(print_header(&p, graph));
  for (size_t i = 0; i < graph->function_count; ++i)
    MMD_TRY(print_function(&p, graph->functions[i]));
  MMD_TRY(print_body(&p, graph->root));
  return mmd_str_append(out_text, "}\n");
}
