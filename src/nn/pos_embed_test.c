// SPDX-License-Identifier: Apache-2.0
//
// Expected numbers: torch.nn.functional.interpolate of the squares 1, 4, …, 81 as a 3x3 map,
// align_corners=False (PyTorch 1.13.1).
#include "nn/pos_embed.h"

#include <math.h>

#include "tests/support/mmd_test.h"

typedef struct case_t {
  mmd_interpolation_t mode;
  int64_t to[2];
  float expected[15];
} case_t;

static const case_t cases[] = {
    {MMD_INTERPOLATE_NEAREST, {2, 4}, {1, 1, 4, 9, 16, 16, 25, 36}},
    {MMD_INTERPOLATE_NEAREST, {1, 1}, {1}},
    {MMD_INTERPOLATE_BILINEAR,
     {2, 4},
     {4.75F, 7.5625F, 11.6875F, 15.75F, 40.75F, 49.1875F, 60.0625F, 69.75F}},
    {MMD_INTERPOLATE_BILINEAR,
     {5, 3},
     {1, 4, 9, 7.0000005F, 12.4000006F, 19.8000011F, 16.0000019F, 25.0000019F, 36.0000038F,
      35.8000031F, 48.4000015F, 63.0000038F, 49, 64, 81}},
    {MMD_INTERPOLATE_BICUBIC,
     {2, 4},
     {2.9405174F, 5.2163353F, 10.0580788F, 13.9764748F, 41.0565567F, 49.1694031F, 63.1362534F,
      72.8916931F}},
    {MMD_INTERPOLATE_BICUBIC,
     {5, 3},
     {-0.4399992F, 1.9840014F, 6.4080019F, 4.4440107F, 9.3400135F, 16.2360153F, 16.0000038F,
      25.0000038F, 36.0000038F, 37.2760010F, 50.3800011F, 65.4840088F, 52.1680069F, 67.7440109F,
      85.3200073F}},
    {MMD_INTERPOLATE_BICUBIC, {1, 1}, {25}},
};

// Two channels: the squares and their negatives, behind one extra token.
static void make_embedding(mmd_tensor_t *out) {
  static const int64_t dims[] = {1, 10, 2};
  mmd_shape_t shape;
  float data[20] = {-7, 7};
  for (int i = 1; i < 10; ++i) {
    data[2 * i] = (float)(i * i);
    data[2 * i + 1] = -(float)(i * i);
  }
  mmd_assert_ok(mmd_shape_make(3, dims, &shape));
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &shape, data, out));
}

static void test_resize(void **state) {
  static const int64_t from[] = {3, 3};
  mmd_tensor_t embedding, resized;
  (void)state;
  make_embedding(&embedding);
  for (size_t n = 0; n < sizeof cases / sizeof cases[0]; ++n) {
    const case_t *c = &cases[n];
    mmd_assert_ok(mmd_pos_embed_resize(&embedding, from, c->to, 1, c->mode, &resized));
    assert_int_equal(resized.shape.dims[1], 1 + c->to[0] * c->to[1]);
    assert_true(mmd_tensor_get_f64(&resized, 0) == -7 && mmd_tensor_get_f64(&resized, 1) == 7);
    for (size_t i = 0; i < (size_t)(c->to[0] * c->to[1]); ++i) {
      assert_true(fabs(mmd_tensor_get_f64(&resized, 2 * i + 2) - c->expected[i]) < 1e-4);
      assert_true(fabs(mmd_tensor_get_f64(&resized, 2 * i + 3) + c->expected[i]) < 1e-4);
    }
    mmd_tensor_deinit(&resized);
  }
  mmd_tensor_deinit(&embedding);
}

static void test_wrong_grid(void **state) {
  static const int64_t from[] = {2, 4}, to[] = {2, 2};
  mmd_tensor_t embedding, resized;
  (void)state;
  make_embedding(&embedding);
  mmd_assert_fails(mmd_pos_embed_resize(&embedding, from, to, 1, MMD_INTERPOLATE_BICUBIC, &resized),
                   MMD_INVALID_ARGUMENT, "does not fit a grid of 2x4");
  mmd_tensor_deinit(&embedding);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_resize),
      cmocka_unit_test(test_wrong_grid),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
