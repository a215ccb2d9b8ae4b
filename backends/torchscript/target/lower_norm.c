// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "backends/torchscript/target/lower_table.h"

static const char *epsilon(ts_lower_t *l) {
  return ts_number(l, ts_attr_float(l, "epsilon", 1e-5));
}

void ts_lower_batch_norm(ts_lower_t *l) {
  if (ts_attr_int(l, "training_mode", 0) || ts_wants_output(l, 1)) ts_refuse(l, "training");
  ts_output(l, 0,
            ts_let(l, "torch.batch_norm(%s, %s, %s, %s, %s, False, 0., %s, False)", ts_input(l, 0),
                   ts_input(l, 1), ts_input(l, 2), ts_input(l, 3), ts_input(l, 4), epsilon(l)));
}

void ts_lower_instance_norm(ts_lower_t *l) {
  ts_output(l, 0,
            ts_let(l, "torch.instance_norm(%s, %s, %s, None, None, True, 0., %s, False)",
                   ts_input(l, 0), ts_input(l, 1), ts_input(l, 2), epsilon(l)));
}

// Mean and inverse deviation are outputs too.
void ts_lower_layer_norm(ts_lower_t *l) {
  const char *x = ts_input(l, 0);
  const char *shape = ts_let(l, "torch.slice(torch.size(%s), %d)", x, ts_axis(l, "axis", -1));
  const char *all =
      ts_text(l, "%s, %s, %s, %s, %s", x, shape, ts_input(l, 1), ts_input(l, 2), epsilon(l));
  if (!ts_wants_output(l, 1) && !ts_wants_output(l, 2)) {
    ts_output(l, 0, ts_let(l, "torch.layer_norm(%s, False)", all));
    return;
  }
  const char *y = ts_variable(l), *mean = ts_variable(l), *factor = ts_variable(l);
  ts_line(l, "%s, %s, %s, = torch.native_layer_norm(%s)", y, mean, factor, all);
  ts_output(l, 0, y);
  ts_output(l, 1, mean);
  ts_output(l, 2, factor);
}

// Opset 18 has a factor a group, later ones a factor a channel.
void ts_lower_group_norm(ts_lower_t *l) {
  const int64_t groups = ts_attr_int(l, "num_groups", 1);
  const int64_t channels = ts_known_size(l, 0, 1);
  const char *scale = ts_input(l, 1), *bias = ts_input(l, 2);
  if (groups < 1 || channels < 1 || channels % groups)
    ts_refuse(l, "%lld channels in %lld groups", (long long)channels, (long long)groups);
  if (!ts_ok(l)) return;
  if (ts_known_size(l, 1, 0) == groups && groups != channels) {
    scale = ts_let(l, "torch.repeat_interleave(%s, %lld)", scale, (long long)(channels / groups));
    bias = ts_let(l, "torch.repeat_interleave(%s, %lld)", bias, (long long)(channels / groups));
  }
  ts_output(l, 0,
            ts_let(l, "torch.group_norm(%s, %lld, %s, %s, %s, False)", ts_input(l, 0),
                   (long long)groups, scale, bias, epsilon(l)));
}

// x / (bias + alpha / size * sum of squares over neighbours) ^ beta
void ts_lower_lrn(ts_lower_t *l) {
  const long long size = (long long)ts_attr_int(l, "size", 1);
  const char *x = ts_input(l, 0);
  if (ts_rank(l, 0) != 4) ts_refuse(l, "rank other than 4");
  const char *squares = ts_let(l, "torch.unsqueeze(torch.mul(%s, %s), 1)", x, x);
  const char *padded = ts_let(l, "torch.constant_pad_nd(%s, [0, 0, 0, 0, %lld, %lld], 0)", squares,
                              (size - 1) / 2, size / 2);
  const char *mean =
      ts_let(l, "torch.squeeze(torch.avg_pool3d(%s, [%lld, 1, 1], [1, 1, 1]), 1)", padded, size);
  const char *base = ts_let(l, "torch.add(torch.mul(%s, %s), %s)", mean,
                            ts_number(l, ts_attr_float(l, "alpha", 1e-4)),
                            ts_number(l, ts_attr_float(l, "bias", 1)));
  ts_output(l, 0,
            ts_let(l, "torch.div(%s, torch.pow(%s, %s))", x, base,
                   ts_number(l, ts_attr_float(l, "beta", 0.75))));
}

void ts_lower_lp_norm(ts_lower_t *l) {
  const char *x = ts_input(l, 0);
  const int axis = ts_axis(l, "axis", -1);
  const char *norm =
      ts_attr_int(l, "p", 2) == 1
          ? ts_let(l, "torch.sum(torch.abs(%s), [%d], True)", x, axis)
          : ts_let(l, "torch.sqrt(torch.sum(torch.mul(%s, %s), [%d], True))", x, x, axis);
  ts_output(l, 0, ts_let(l, "torch.div(%s, %s)", x, norm));
}

void ts_lower_mean_variance_norm(ts_lower_t *l) {
  static const int64_t usual[] = {0, 2, 3};
  size_t count = 0;
  const int64_t *given = mmd_node_attr_ints(l->node, "axes", &count);
  const char *axes = given ? ts_ints(l, count, given) : ts_ints(l, 3, usual);
  const char *x = ts_input(l, 0);
  const char *away = ts_let(l, "torch.sub(%s, torch.mean(%s, %s, True))", x, x, axes);
  const char *spread =
      ts_let(l, "torch.sqrt(torch.mean(torch.mul(%s, %s), %s, True))", away, away, axes);
  ts_output(l, 0, ts_let(l, "torch.div(%s, torch.add(%s, 1e-09))", away, spread));
}
