// SPDX-License-Identifier: Apache-2.0
//
// The text form, shared by its printers and parsers. One node a line:
//
//   graph "main" {
//     opset "" 17
//     input %x : f32[batch,3,h,w]
//     constant %w : f32[2] = [1.0, 2.0]
//     %y = Conv(%x, %w) {strides = [2, 2]} name "conv" scope "backbone.conv1" : f32[batch,8,h,w]
//     output %y
//   }
#ifndef MMD_GRAPH_TEXT_INTERNAL_H_
#define MMD_GRAPH_TEXT_INTERNAL_H_

#include "graph/graph.h"
#include "graph/text.h"

enum { MMD_TEXT_SMALL = 16 };  // elements of constants that are always printed

typedef struct mmd_text_printer_t {
  mmd_str_t *out;
  unsigned flags;
  int indent;
} mmd_text_printer_t;

mmd_status_t mmd_text_print_edge(const mmd_edge_t *edge,
                                 mmd_str_t *out) MMD_MUST_USE;  // "%name", "_"
// "f32[2] = [1.0, 2.0]"
mmd_status_t mmd_text_print_tensor(const mmd_tensor_t *tensor, unsigned flags,
                                   mmd_str_t *out) MMD_MUST_USE;
mmd_status_t mmd_text_print_attr(mmd_text_printer_t *p, const mmd_attr_t *attr) MMD_MUST_USE;
mmd_status_t mmd_text_print_region(mmd_text_printer_t *p, const mmd_region_t *region) MMD_MUST_USE;
mmd_status_t mmd_text_indent(mmd_text_printer_t *p) MMD_MUST_USE;

typedef struct mmd_text_parser_t {
  mmd_graph_t *graph;
  const char *text;
  size_t size, at;
  const char *name;  // of the text, for messages
  mmd_str_t word;    // the last word or quoted text read
} mmd_text_parser_t;

mmd_status_t mmd_text_error(const mmd_text_parser_t *p, const char *wanted) MMD_MUST_USE;
// Puts "name:line:column: " in front.
mmd_status_t mmd_text_locate(const mmd_text_parser_t *p, mmd_status_t status) MMD_MUST_USE;
void mmd_text_skip(mmd_text_parser_t *p);                       // space, line ends, comments
bool mmd_text_accept(mmd_text_parser_t *p, const char *token);  // punctuation
mmd_status_t mmd_text_expect(mmd_text_parser_t *p, const char *token) MMD_MUST_USE;
bool mmd_text_accept_word(mmd_text_parser_t *p, const char *word);  // a whole word
// A word or a quoted text into p->word.
mmd_status_t mmd_text_read_name(mmd_text_parser_t *p, const char *wanted) MMD_MUST_USE;
mmd_status_t mmd_text_read_quoted(mmd_text_parser_t *p, const char *wanted) MMD_MUST_USE;
mmd_status_t mmd_text_read_copy(mmd_text_parser_t *p,
                                const char **out_text) MMD_MUST_USE;  // quoted, in the arena
mmd_status_t mmd_text_read_i64(mmd_text_parser_t *p, int64_t *out_number) MMD_MUST_USE;
// Characters of a number or word; borrowed from the text.
mmd_status_t mmd_text_read_token(mmd_text_parser_t *p, const char **out_token,
                                 size_t *out_size) MMD_MUST_USE;
mmd_status_t mmd_text_read_type(mmd_text_parser_t *p, mmd_type_t *out_type) MMD_MUST_USE;
// A new tensor that the caller deinits.
mmd_status_t mmd_text_read_tensor(mmd_text_parser_t *p, mmd_tensor_t *out_tensor) MMD_MUST_USE;
mmd_status_t mmd_text_read_attr(mmd_text_parser_t *p, mmd_node_t *node) MMD_MUST_USE;
// The same for a function's default value, which holds no region.
mmd_status_t mmd_text_read_default(mmd_text_parser_t *p, const char *name,
                                   mmd_attr_t *out_attr) MMD_MUST_USE;
// Statements up to and with the closing brace.
mmd_status_t mmd_text_read_region(mmd_text_parser_t *p, mmd_region_t *region) MMD_MUST_USE;

#endif  // MMD_GRAPH_TEXT_INTERNAL_H_
