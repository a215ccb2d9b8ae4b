// SPDX-License-Identifier: Apache-2.0
//
// mmdeploy::GridPriors (nn/priors.h) spelled out. The places of a map of ones that are not zero are
// its cells, row by row: [2, cells] with y and x. One product with the steps of all priors of a
// cell gives their shifts, to which the base is added.
#include "base/alloc.h"
#include "ops/infer.h"
#include "passes/spell.h"

// The steps of |count| priors side by side: [2, count * size].
static mmd_edge_t *tile_steps(mmd_spell_t *s, const mmd_tensor_t *steps, int64_t count) {
  const int64_t size = steps->shape.dims[1], dims[] = {2, count * size};
  const float *from = mmd_tensor_data(steps);
  float *numbers = mmd_alloc_array((size_t)(2 * count * size + 1), sizeof *numbers);
  if (!numbers) {
    s->status = mmd_status_join(s->status, mmd_status_no_memory());
    return NULL;
  }
  for (int64_t axis = 0; axis < 2; ++axis)
    for (int64_t i = 0; i < count * size; ++i)
      numbers[axis * count * size + i] = from[axis * size + i % size];
  mmd_edge_t *edge = mmd_spell_f32s(s, 2, dims, numbers);
  mmd_free(numbers);
  return edge;
}

static mmd_edge_t *cells(mmd_spell_t *s, mmd_edge_t *map) {
  const int64_t one = 1;
  const mmd_shape_t shape = {.rank = 1, .dims = {1}};
  mmd_tensor_t value = {0};
  mmd_edge_t *size = mmd_spell_int(s, "Shape", map, NULL, "start", 2);
  mmd_node_t *ones = mmd_spell_node(s, "ConstantOfShape", 1, &size, 1);
  if (!ones) return NULL;
  s->status = mmd_tensor_from_data(MMD_I64, &shape, &one, &value);
  if (!s->status) s->status = mmd_node_set_tensor(ones, "value", &value);
  mmd_tensor_deinit(&value);
  mmd_edge_t *places = mmd_spell(s, "NonZero", ones->outputs[0], NULL);
  return mmd_spell_int(s, "Cast", places, NULL, "to", MMD_F32);
}

static bool is_readable(const mmd_tensor_t *base, const mmd_tensor_t *steps) {
  return base && steps && base->dtype == MMD_F32 && steps->dtype == MMD_F32 &&
         base->shape.rank == 2 && steps->shape.rank == 2 && steps->shape.dims[0] == 2 &&
         steps->shape.dims[1] == base->shape.dims[1] && mmd_tensor_is_contiguous(base) &&
         mmd_tensor_is_contiguous(steps);
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  if (!mmd_spell_is(node, "GridPriors")) return NULL;
  const mmd_tensor_t *base = mmd_pass_constant(node, 1), *steps = mmd_pass_constant(node, 2);
  if (!is_readable(base, steps)) return NULL;
  mmd_spell_t s = {.node = node};
  const int64_t count = base->shape.dims[0], size = base->shape.dims[1];
  const int64_t row[] = {1, count * size}, rows[] = {-1, size};
  mmd_edge_t *const inputs[] = {cells(&s, node->inputs[0]), tile_steps(&s, steps, count),
                                mmd_spell_f32s(&s, 2, row, mmd_tensor_data(base))};
  mmd_node_t *product = mmd_spell_node(&s, "Gemm", 3, inputs, 1);
  mmd_spell_set_int(&s, product, "transA", 1);
  mmd_edge_t *priors = product ? product->outputs[0] : NULL;
  if (count > 1) priors = mmd_spell(&s, "Reshape", priors, mmd_spell_i64(&s, 2, rows));
  mmd_spell_replace(&s, 0, priors);
  *(bool *)context = true;
  return mmd_spell_finish(&s);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_split_grid_priors = {
    .name = "split_grid_priors",
    .help = "Spells the priors of a map's cells out in standard operators",
    .run = run,
};
