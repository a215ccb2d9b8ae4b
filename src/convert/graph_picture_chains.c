// SPDX-License-Identifier: Apache-2.0
//
// Nodes of one module that follow each other without a branch as one box.
#include <string.h>

#include "base/alloc.h"
#include "convert/graph_picture.h"

typedef struct joiner_t {
  mmd_picture_t *picture;
  size_t *out_count, *in_count;  // arrows of each box
  size_t *next;                  // the box that continues the chain, or MMD_TREE_NONE
  size_t *heads;                 // first box of each box's chain; then its new number
} joiner_t;

static void deinit(joiner_t *j) {
  mmd_free(j->out_count);
  mmd_free(j->in_count);
  mmd_free(j->next);
  mmd_free(j->heads);
}

static bool is_node(const mmd_picture_t *p, const mmd_picture_box_t *box) {
  return box->item != MMD_TREE_NONE && p->tree.items[box->item].node;
}

static bool may_join(const joiner_t *j, const mmd_picture_arrow_t *arrow) {
  const mmd_picture_t *p = j->picture;
  const mmd_picture_box_t *a = &p->boxes[arrow->from], *b = &p->boxes[arrow->to];
  return arrow->from < arrow->to && j->out_count[arrow->from] == 1 && j->in_count[arrow->to] == 1 &&
         is_node(p, a) && is_node(p, b) &&
         p->tree.items[a->item].parent == p->tree.items[b->item].parent;
}

// The chain's first box counts for all of it.
static void find_chains(joiner_t *j) {
  const mmd_picture_t *p = j->picture;
  for (size_t i = 0; i < p->box_count; ++i) {
    j->next[i] = MMD_TREE_NONE;
    j->heads[i] = i;
  }
  for (size_t i = 0; i < p->arrow_count; ++i) {
    ++j->out_count[p->arrows[i].from];
    ++j->in_count[p->arrows[i].to];
  }
  // Arrows are sorted by where they begin, so a chain is known before it goes on.
  for (size_t i = 0; i < p->arrow_count; ++i) {
    const mmd_picture_arrow_t *arrow = &p->arrows[i];
    if (!may_join(j, arrow)) continue;
    j->next[arrow->from] = arrow->to;
    j->heads[arrow->to] = j->heads[arrow->from];
  }
}

// "Reshape, Transpose, Softmax (5)" over the type of the last one.
static mmd_status_t describe_chain(const joiner_t *j, size_t head, char **out_title,
                                   size_t *out_last) {
  const mmd_picture_t *p = j->picture;
  mmd_str_t title = {0};
  mmd_status_t status = NULL;
  size_t count = 0;
  const char *last_op = "";
  for (size_t at = head; at != MMD_TREE_NONE; at = j->next[at], ++count) {
    const char *op = p->tree.items[p->boxes[at].item].node->op;
    *out_last = at;
    if (status || count > 3 || strcmp(op, last_op) == 0) continue;
    status = mmd_str_printf(&title, "%s%s", count ? ", " : "", count == 3 ? ".." : op);
    last_op = op;
  }
  if (!status) status = mmd_str_printf(&title, " (%zu)", count);
  if (!status) {
    mmd_str_sanitize(title.data);
    *out_title = mmd_str_take(&title);
    if (!*out_title) status = mmd_status_no_memory();
  }
  mmd_str_deinit(&title);
  return status;
}

static mmd_status_t relabel(joiner_t *j, size_t head) {
  mmd_picture_t *p = j->picture;
  size_t last = head;
  char *title = NULL;
  if (j->next[head] == MMD_TREE_NONE) return NULL;
  MMD_TRY(describe_chain(j, head, &title, &last));
  mmd_picture_box_t *box = &p->boxes[head];
  for (int k = 0; k < MMD_PICTURE_LINES; ++k) mmd_free(box->lines[k]);
  memset(box->lines, 0, sizeof box->lines);
  box->lines[0] = title;
  box->lines[2] = p->boxes[last].lines[2];
  p->boxes[last].lines[2] = NULL;
  return NULL;
}

static void free_box(mmd_picture_box_t *box) {
  for (int k = 0; k < MMD_PICTURE_LINES; ++k) mmd_free(box->lines[k]);
  mmd_free(box->detail);
}

// Heads move up, the others go; |heads| becomes the number of each box.
static void renumber(joiner_t *j) {
  mmd_picture_t *p = j->picture;
  size_t count = 0;
  for (size_t i = 0; i < p->box_count; ++i) {
    if (j->heads[i] != i) {
      j->heads[i] = j->heads[j->heads[i]];  // a head stands before what follows it
      free_box(&p->boxes[i]);
      continue;
    }
    j->heads[i] = count;
    p->boxes[count++] = p->boxes[i];
  }
  p->box_count = count;
}

static void redirect_arrows(const joiner_t *j) {
  mmd_picture_t *p = j->picture;
  size_t count = 0;
  for (size_t i = 0; i < p->arrow_count; ++i) {
    mmd_picture_arrow_t arrow = p->arrows[i];
    arrow.from = j->heads[arrow.from];
    arrow.to = j->heads[arrow.to];
    if (arrow.from != arrow.to) p->arrows[count++] = arrow;
  }
  p->arrow_count = count;
  mmd_picture_merge_arrows(p);
}

static mmd_status_t join(joiner_t *j) {
  mmd_picture_t *p = j->picture;
  find_chains(j);
  for (size_t i = 0; i < p->box_count; ++i) {
    if (j->heads[i] == i) MMD_TRY(relabel(j, i));
  }
  renumber(j);
  redirect_arrows(j);
  return NULL;
}

mmd_status_t mmd_picture_join_chains(mmd_picture_t *picture) {
  joiner_t j = {.picture = picture};
  const size_t count = picture->box_count + 1;
  j.out_count = mmd_alloc_array(count, sizeof *j.out_count);
  j.in_count = mmd_alloc_array(count, sizeof *j.in_count);
  j.next = mmd_alloc_array(count, sizeof *j.next);
  j.heads = mmd_alloc_array(count, sizeof *j.heads);
  const bool has_memory = j.out_count && j.in_count && j.next && j.heads;
  mmd_status_t status = has_memory ? join(&j) : mmd_status_no_memory();
  deinit(&j);
  return status;
}
