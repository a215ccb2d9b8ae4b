// SPDX-License-Identifier: Apache-2.0
//
// Sequences. The engine has none: a sequence is the list of its elements, which must be known when
// the network is written; so nothing is left of the operators in the file.
#include <stdint.h>
#include <string.h>

#include "backends/openvino/target/lower_region.h"
#include "backends/openvino/target/lower_table.h"

static const ov_sequence_t *input_sequence(ov_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  const ov_sequence_t *found = edge && ov_ok(l) ? ov_region_sequence(l, edge) : NULL;
  if (!found) ov_refuse(l, "a sequence that is not known");
  return found;
}

// A place in a list of |count|, from behind when negative.
static size_t read_place(ov_lower_t *l, size_t input, size_t count, int64_t fallback) {
  int64_t place = fallback;
  size_t found = 0;
  if (mmd_node_input(l->node, input)) ov_read_ints(l, "", input, 1, &place, &found);
  if (place < 0) place += (int64_t)count;
  if (place < 0 || (size_t)place >= count) ov_refuse(l, "place %lld", (long long)place);
  return ov_ok(l) ? (size_t)place : 0;
}

void ov_lower_sequence_empty(ov_lower_t *l) {
  ov_region_bind_sequence(l, 0, 0, NULL);
}

void ov_lower_sequence_construct(ov_lower_t *l) {
  ov_value_t items[OV_MAX_ITEMS];
  if (l->node->input_count > OV_MAX_ITEMS) ov_refuse(l, "%zu elements", l->node->input_count);
  for (size_t i = 0; i < l->node->input_count && ov_ok(l); ++i) items[i] = ov_input(l, i);
  ov_region_bind_sequence(l, 0, l->node->input_count, items);
}

void ov_lower_sequence_at(ov_lower_t *l) {
  const ov_sequence_t *list = input_sequence(l, 0);
  if (!list) return;
  const size_t place = read_place(l, 1, list->count, 0);
  if (ov_ok(l)) ov_output(l, 0, list->items[place]);
}

void ov_lower_sequence_length(ov_lower_t *l) {
  const ov_sequence_t *list = input_sequence(l, 0);
  if (list) ov_output(l, 0, ov_constant_i64(l, (int64_t)list->count));
}

void ov_lower_sequence_insert(ov_lower_t *l) {
  const ov_sequence_t *list = input_sequence(l, 0);
  ov_value_t items[OV_MAX_ITEMS];
  if (!list) return;
  if (list->count == OV_MAX_ITEMS) ov_refuse(l, "%zu elements", list->count + 1);
  // Behind the last one is a place, too; a negative one counts from there.
  const size_t place =
      mmd_node_input(l->node, 2) ? read_place(l, 2, list->count + 1, 0) : list->count;
  if (!ov_ok(l)) return;
  for (size_t i = 0; i <= list->count; ++i)
    items[i] = i == place ? ov_input(l, 1) : list->items[i < place ? i : i - 1];
  ov_region_bind_sequence(l, 0, list->count + 1, items);
}

void ov_lower_sequence_erase(ov_lower_t *l) {
  const ov_sequence_t *list = input_sequence(l, 0);
  ov_value_t items[OV_MAX_ITEMS];
  if (!list) return;
  const size_t place = read_place(l, 1, list->count, -1);
  if (!ov_ok(l)) return;
  for (size_t i = 0; i + 1 < list->count; ++i) items[i] = list->items[i < place ? i : i + 1];
  ov_region_bind_sequence(l, 0, list->count - 1, items);
}

void ov_lower_concat_from_sequence(ov_lower_t *l) {
  const ov_sequence_t *list = input_sequence(l, 0);
  const int64_t axis = ov_attr_int(l, "axis", 0);
  ov_value_t items[OV_MAX_ITEMS];
  if (!list || !ov_ok(l)) return;
  if (!list->count) ov_refuse(l, "no elements");
  const bool is_stack = ov_attr_int(l, "new_axis", 0) != 0;
  for (size_t i = 0; i < list->count && ov_ok(l); ++i)
    items[i] = is_stack ? ov_unsqueeze(l, list->items[i], 1, &axis) : list->items[i];
  if (ov_ok(l)) ov_output(l, 0, ov_concat(l, list->count, items, axis));
}

// Lengths of the parts: a number for all, of which the last may be smaller, or one each.
static size_t read_lengths(ov_lower_t *l, int64_t size, int64_t lengths[OV_MAX_ITEMS]) {
  const mmd_edge_t *split = mmd_node_input(l->node, 1);
  size_t count = 0;
  if (split && !ov_read_ints(l, "", 1, OV_MAX_ITEMS, lengths, &count)) return 0;
  if (split && split->type.has_rank && split->type.rank > 0) return count;
  const int64_t part = split ? lengths[0] : 1;
  if (size < 0 || part < 1 || (size + part - 1) / part > OV_MAX_ITEMS)
    ov_refuse(l, "parts whose number is not known");
  if (!ov_ok(l)) return 0;
  for (count = 0; (int64_t)count * part < size; ++count) {
    const int64_t rest = size - (int64_t)count * part;
    lengths[count] = rest < part ? rest : part;
  }
  return count;
}

void ov_lower_split_to_sequence(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  int64_t axis = ov_attr_int(l, "axis", 0), lengths[OV_MAX_ITEMS];
  ov_value_t items[OV_MAX_ITEMS];
  if (axis < 0) axis += rank;
  const size_t count = read_lengths(l, ov_input_size(l, 0, (int)axis), lengths);
  const bool drops = !mmd_node_input(l->node, 1) && !ov_attr_int(l, "keepdims", 1);
  const ov_value_t x = ov_input(l, 0);
  int64_t begin = 0;
  for (size_t i = 0; i < count && ov_ok(l); begin += lengths[i++]) {
    items[i] = ov_slice(l, x, axis, begin, begin + lengths[i]);
    if (drops) items[i] = ov_squeeze(l, items[i], 1, &axis);
  }
  ov_region_bind_sequence(l, 0, count, items);
}
