// SPDX-License-Identifier: Apache-2.0
//
// Sizes of windows over symbols; as numbers they are tested by ONNX's cases.
#include "ops/op_golden.h"

static void expect(const char *attributes, const char *want) {
  char text[512];
  snprintf(
      text, sizeof text,
      "graph \"g\" { opset \"\" 20 input %%x : f32[1,2,h] %%y = MaxPool(%%x) {%s} output %%y }",
      attributes);
  mmd_golden_check_type(text, want);
}

// The same text as of the convolution that it is added to.
static void ceil_mode_is_known_where_windows_begin_inside(void **state) {
  (void)state;
  expect("kernel_shape = [2], strides = [2], ceil_mode = 1", "f32[1,2,floor((h + 1) / 2)]");
  expect("kernel_shape = [3], strides = [2], pads = [1, 1]", "f32[1,2,floor((h + 1) / 2)]");
  expect("kernel_shape = [3], strides = [2], pads = [0, 1], ceil_mode = 1",
         "f32[1,2,floor((h + 1) / 2)]");
  expect("kernel_shape = [3], strides = [2], ceil_mode = 1", "f32[1,2,floor(h / 2)]");
}

// With h = 3 the third window would begin behind the last element.
static void a_window_in_the_padding_is_not_known(void **state) {
  (void)state;
  expect("kernel_shape = [2], strides = [2], pads = [1, 1], ceil_mode = 1", "f32[1,2,MaxPool]");
  expect("kernel_shape = [1], strides = [2], ceil_mode = 1", "f32[1,2,MaxPool]");
}

// Numbers of both rules agree.
static void sizes_are_those_of_numbers(void **state) {
  static const struct {
    int kernel, begin, end;
  } windows[] = {{2, 0, 0}, {3, 0, 1}, {3, 0, 0}, {3, 1, 1}};
  (void)state;
  for (size_t i = 0; i < sizeof windows / sizeof *windows; ++i) {
    for (int h = 3; h < 12; ++h) {
      const int kernel = windows[i].kernel, pads = windows[i].begin + windows[i].end;
      char text[512], want[32];
      snprintf(text, sizeof text,
               "graph \"g\" { opset \"\" 20 input %%x : f32[1,2,%d] %%y = MaxPool(%%x) "
               "{kernel_shape = [%d], strides = [2], pads = [%d, %d], ceil_mode = 1} output %%y }",
               h, kernel, windows[i].begin, windows[i].end);
      snprintf(want, sizeof want, "f32[1,2,%d]", (h + pads - kernel + 1) / 2 + 1);
      mmd_golden_check_type(text, want);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ceil_mode_is_known_where_windows_begin_inside),
      cmocka_unit_test(a_window_in_the_padding_is_not_known),
      cmocka_unit_test(sizes_are_those_of_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
