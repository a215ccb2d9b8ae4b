// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "graph/internal.h"
#include "graph/text_internal.h"

mmd_status_t mmd_text_locate(const mmd_text_parser_t *p, mmd_status_t status) {
  size_t line = 1, column = 1;
  for (size_t i = 0; i < p->at; ++i) {
    ++column;
    if (p->text[i] != '\n') continue;
    ++line;
    column = 1;
  }
  return mmd_status_annotate(status, "%s:%zu:%zu", p->name, line, column);
}

mmd_status_t mmd_text_error(const mmd_text_parser_t *p, const char *wanted) {
  size_t rest = p->size - p->at;
  if (rest == 0) return MMD_ERROR(MMD_INVALID_ARGUMENT, "expected %s at the end", wanted);
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "expected %s at '%.*s'", wanted,
                   (int)(rest < 24 ? rest : 24), p->text + p->at);
}

void mmd_text_skip(mmd_text_parser_t *p) {
  while (p->at < p->size) {
    char c = p->text[p->at];
    if (c == '/' && p->at + 1 < p->size && p->text[p->at + 1] == '/') {
      while (p->at < p->size && p->text[p->at] != '\n') ++p->at;
    } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++p->at;
    } else {
      return;
    }
  }
}

bool mmd_text_accept(mmd_text_parser_t *p, const char *token) {
  mmd_text_skip(p);
  size_t n = strlen(token);
  if (p->size - p->at < n || memcmp(p->text + p->at, token, n) != 0) return false;
  p->at += n;
  return true;
}

mmd_status_t mmd_text_expect(mmd_text_parser_t *p, const char *token) {
  if (mmd_text_accept(p, token)) return NULL;
  char wanted[16] = "'";
  strncat(wanted, token, 12);
  strcat(wanted, "'");
  return mmd_text_error(p, wanted);
}

bool mmd_text_accept_word(mmd_text_parser_t *p, const char *word) {
  mmd_text_skip(p);
  size_t n = strlen(word);
  if (p->size - p->at < n || memcmp(p->text + p->at, word, n) != 0) return false;
  if (p->at + n < p->size && mmd_text_is_name_char(p->text[p->at + n])) return false;
  p->at += n;
  return true;
}

mmd_status_t mmd_text_read_token(mmd_text_parser_t *p, const char **out_token, size_t *out_size) {
  mmd_text_skip(p);
  size_t start = p->at;
  while (p->at < p->size && mmd_text_is_name_char(p->text[p->at])) ++p->at;
  if (p->at == start) return mmd_text_error(p, "a name or number");
  *out_token = p->text + start;
  *out_size = p->at - start;
  return NULL;
}

mmd_status_t mmd_text_read_quoted(mmd_text_parser_t *p, const char *wanted) {
  mmd_text_skip(p);
  mmd_str_clear(&p->word);
  if (p->at == p->size || p->text[p->at] != '"') return mmd_text_error(p, wanted);
  size_t used = 0;
  MMD_TRY(mmd_text_unquote(p->text + p->at, p->size - p->at, &used, &p->word));
  p->at += used;
  return NULL;
}

mmd_status_t mmd_text_read_name(mmd_text_parser_t *p, const char *wanted) {
  mmd_text_skip(p);
  if (p->at < p->size && p->text[p->at] == '"') {
    MMD_TRY(mmd_text_read_quoted(p, wanted));
    if (p->word.size == 0 || strlen(p->word.data) != p->word.size)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "a name is empty or holds NUL");
    return NULL;
  }
  const char *token = NULL;
  size_t size = 0;
  mmd_str_clear(&p->word);
  if (p->at == p->size || !mmd_text_is_name_char(p->text[p->at])) return mmd_text_error(p, wanted);
  MMD_TRY(mmd_text_read_token(p, &token, &size));
  return mmd_str_append_n(&p->word, token, size);
}

mmd_status_t mmd_text_read_copy(mmd_text_parser_t *p, const char **out_text) {
  MMD_TRY(mmd_text_read_quoted(p, "a quoted text"));
  return mmd_graph_strdup(p->graph, mmd_str_text(&p->word), out_text);
}

mmd_status_t mmd_text_read_i64(mmd_text_parser_t *p, int64_t *out_number) {
  const char *token = NULL;
  size_t size = 0;
  MMD_TRY(mmd_text_read_token(p, &token, &size));
  if (mmd_parse_i64(token, size, out_number)) return NULL;
  p->at -= size;
  return mmd_text_error(p, "an integer of 64 bits");
}

mmd_status_t mmd_text_read_type(mmd_text_parser_t *p, mmd_type_t *out_type) {
  mmd_text_skip(p);
  size_t used = 0;
  MMD_TRY(mmd_type_parse_prefix(p->graph, p->text + p->at, p->size - p->at, &used, out_type));
  p->at += used;
  return NULL;
}
