// SPDX-License-Identifier: Apache-2.0
#include "convert/class_colors.h"

enum { MAX_CLASSES = 1 << 16 };

static size_t count_of(const mmd_value_t *palette) {
  const mmd_tensor_t *tensor = mmd_value_get_tensor(palette);
  const bool is_table = tensor && tensor->shape.rank == 2 && tensor->shape.dims[1] == 3 &&
                        tensor->dtype != MMD_STRING;
  return is_table ? (size_t)tensor->shape.dims[0] : mmd_array_size(palette);
}

static double channel(const mmd_value_t *palette, size_t index, size_t c) {
  const mmd_tensor_t *tensor = mmd_value_get_tensor(palette);
  if (tensor) return mmd_tensor_get_f64(tensor, index * 3 + c);
  const mmd_value_t *color = mmd_array_at(palette, index);
  return mmd_array_size(color) == 3 ? mmd_value_get_float(mmd_array_at(color, c), -1) : -1;
}

// The text stays empty where a number is none of a colour.
static mmd_status_t append(const mmd_value_t *palette, mmd_str_t *text, bool *out_fits) {
  const size_t count = count_of(palette);
  *out_fits = count > 0 && count <= MAX_CLASSES;
  for (size_t i = 0; i < count && *out_fits; ++i) {
    unsigned rgb[3] = {0};
    for (size_t c = 0; c < 3; ++c) {
      const double number = channel(palette, i, c);
      *out_fits = *out_fits && number >= 0 && number <= 255;
      rgb[c] = *out_fits ? (unsigned)number : 0;
    }
    MMD_TRY(mmd_str_printf(text, "%s#%02x%02x%02x", i ? "," : "", rgb[0], rgb[1], rgb[2]));
  }
  if (!*out_fits) mmd_str_clear(text);
  return NULL;
}

mmd_status_t mmd_class_colors_find(const mmd_checkpoint_t *checkpoint, const mmd_value_t *model_cfg,
                                   mmd_str_t *out_text) {
  static const char *const places[] = {"data.test.palette",
                                       "data.test.PALETTE",
                                       "data.test.metainfo.palette",
                                       "test_dataloader.dataset.palette",
                                       "test_dataloader.dataset.metainfo.palette",
                                       "test_dataloader.dataset.metainfo.PALETTE",
                                       "metainfo.palette"};
  bool fits = false;
  if (checkpoint) MMD_TRY(append(mmd_checkpoint_palette(checkpoint), out_text, &fits));
  for (size_t i = 0; i < sizeof places / sizeof *places && !fits; ++i)
    MMD_TRY(append(mmd_object_get_path(model_cfg, places[i]), out_text, &fits));
  return NULL;
}
