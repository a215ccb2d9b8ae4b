// SPDX-License-Identifier: Apache-2.0
//
// Operators over pictures.
#include <string.h>

#include "backends/torchscript/target/lower_table.h"

void ts_lower_affine_grid(ts_lower_t *l) {
  ts_output(l, 0,
            ts_let(l, "torch.affine_grid_generator(%s, %s, %s)", ts_input(l, 0), ts_int_list(l, 1),
                   ts_bool(ts_attr_int(l, "align_corners", 0) != 0)));
}

void ts_lower_grid_sample(ts_lower_t *l) {
  const char *mode = ts_attr_string(l, "mode", "linear");
  const char *padding = ts_attr_string(l, "padding_mode", "zeros");
  const int mode_number = strstr(mode, "cubic") ? 2 : strcmp(mode, "nearest") == 0 ? 1 : 0;
  const int padding_number = strcmp(padding, "border") == 0       ? 1
                             : strcmp(padding, "reflection") == 0 ? 2
                                                                  : 0;
  if (mode_number && ts_rank(l, 0) != 4) ts_refuse(l, "mode %s over 3 axes", mode);
  ts_output(l, 0,
            ts_let(l, "torch.grid_sampler(%s, %s, %d, %d, %s)", ts_input(l, 0), ts_input(l, 1),
                   mode_number, padding_number, ts_bool(ts_attr_int(l, "align_corners", 0) != 0)));
}

void ts_lower_depth_to_space(ts_lower_t *l) {
  const long long block = (long long)ts_attr_int(l, "blocksize", 1);
  const char *x = ts_input(l, 0);
  if (ts_attr_is(l, "mode", "DCR", "CRD")) {
    ts_output(l, 0, ts_let(l, "torch.pixel_shuffle(%s, %lld)", x, block));
    return;
  }
  const char *n = ts_size(l, 0, 0), *h = ts_size(l, 0, 2), *w = ts_size(l, 0, 3);
  const char *parts =
      ts_let(l, "torch.reshape(%s, [%s, %lld, %lld, -1, %s, %s])", x, n, block, block, h, w);
  ts_output(l, 0,
            ts_let(l,
                   "torch.reshape(torch.permute(%s, [0, 3, 4, 1, 5, 2]), [%s, -1, torch.mul(%s, "
                   "%lld), torch.mul(%s, %lld)])",
                   parts, n, h, block, w, block));
}

void ts_lower_space_to_depth(ts_lower_t *l) {
  const long long block = (long long)ts_attr_int(l, "blocksize", 1);
  const char *n = ts_size(l, 0, 0), *c = ts_size(l, 0, 1), *h = ts_size(l, 0, 2),
             *w = ts_size(l, 0, 3);
  const char *parts = ts_let(
      l,
      "torch.reshape(%s, [%s, %s, torch.floordiv(%s, %lld), %lld, torch.floordiv(%s, %lld), %lld])",
      ts_input(l, 0), n, c, h, block, block, w, block, block);
  ts_output(l, 0,
            ts_let(l,
                   "torch.reshape(torch.permute(%s, [0, 3, 5, 1, 2, 4]), [%s, torch.mul(%s, %lld), "
                   "torch.floordiv(%s, %lld), torch.floordiv(%s, %lld)])",
                   parts, n, c, block * block, h, block, w, block));
}
