// SPDX-License-Identifier: Apache-2.0
//
// Border following after Suzuki and Abe (1985). A pixel of a border that was followed has the value
// SEEN, or SEEN_RIGHT when the pixel to its right is background: the border it lies on needs not be
// looked for again there.
#include "kernels/contour.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "kernels/rows.h"

enum { INSIDE = 1, SEEN = 2, SEEN_RIGHT = -126 };

// The eight neighbours, against the clock from the right one (y points down).
static const mmd_ipoint_t g_steps[8] = {{1, 0},  {1, -1}, {0, -1}, {-1, -1},
                                        {-1, 0}, {-1, 1}, {0, 1},  {1, 1}};

typedef struct walk_t {
  mmd_contours_t *contours;
  ptrdiff_t stride, offsets[8];  // offsets: of the neighbours in the mask
} walk_t;

static mmd_status_t add_point(mmd_contours_t *contours, mmd_ipoint_t point) {
  MMD_TRY(MMD_GROW(contours->points, contours->point_capacity, contours->point_count + 1));
  contours->points[contours->point_count++] = point;
  return NULL;
}

// Eight pixels of a row at once.
enum { WORD = sizeof(uint64_t) };

static uint64_t load_word(const int8_t *pixels) {
  uint64_t word;
  memcpy(&word, pixels, sizeof word);
  return word;
}

static uint64_t word_of(uint64_t pixel) {
  return pixel * 0x0101010101010101;
}

// A straight piece of border that is followed from |here|, a step at a time. On its outer side,
// |side| off, nothing may be inside; it ends before |start|.
typedef struct piece_t {
  int8_t *here;
  const int8_t *start;
  ptrdiff_t step, side;
  int32_t length;
} piece_t;

// Words of a row that were not followed yet. The start was.
static void follow_words(piece_t *piece) {
  const uint64_t inside = word_of(INSIDE), seen = word_of(SEEN);
  const ptrdiff_t first = piece->step > 0 ? 0 : 1 - WORD, next = WORD * piece->step;
  int8_t *here = piece->here;
  const int8_t *outside = here + piece->side;
  if (outside[-piece->step]) return;
  // Only a word within the row is all inside.
  while (load_word(here + first) == inside && here[next] && here + next != piece->start &&
         !load_word(outside + first) && !outside[next]) {
    memcpy(here + first, &seen, sizeof seen);
    here += next;
    outside += next;
    piece->length += WORD;
  }
  piece->here = here;
}

static void follow_pixels(piece_t *piece, bool is_right_outside) {
  const ptrdiff_t step = piece->step;
  int8_t *here = piece->here;
  const int8_t *outside = here + piece->side;
  if (outside[-step] || outside[0]) return;
  while (!outside[step] && here[step] && here + step != piece->start) {
    if (is_right_outside) {
      *here = SEEN_RIGHT;
    } else if (*here == INSIDE) {
      *here = SEEN;
    }
    here += step;
    outside += step;
    ++piece->length;
  }
  piece->here = here;
}

// Goes on as long as the border is straight, along an axis; gives how far.
static int32_t follow_straight(const walk_t *walk, int direction, const int8_t *start,
                               int8_t **here) {
  // The outer side is to the right of the direction.
  piece_t piece = {.here = *here,
                   .start = start,
                   .step = walk->offsets[direction],
                   .side = walk->offsets[(direction - 2) & 7]};
  if (direction == 0 || direction == 4) follow_words(&piece);
  follow_pixels(&piece, direction == 2);
  *here = piece.here;
  return piece.length;
}

// Follows the border through |start| until it comes back the way it left. |side| is the direction
// of a background neighbour.
static mmd_status_t follow(const walk_t *walk, int8_t *start, mmd_ipoint_t at, int side) {
  int direction = side;
  do {
    direction = (direction - 1) & 7;
  } while (!start[walk->offsets[direction]] && direction != side);
  if (direction == side) {
    *start = SEEN_RIGHT;  // a lone pixel
    return add_point(walk->contours, at);
  }
  const int8_t *last = start + walk->offsets[direction];
  int8_t *here = start;
  int drawn = direction ^ 4;
  for (;;) {
    // The first neighbour that is inside, turning from the one we came from.
    const int from = direction;
    do {
      ++direction;
    } while (!here[walk->offsets[direction & 7]]);
    direction &= 7;
    // The turn went over the right neighbour.
    if ((unsigned)(direction - 1) < (unsigned)from) {
      *here = SEEN_RIGHT;
    } else if (*here == INSIDE) {
      *here = SEEN;
    }
    if (direction != drawn) {
      MMD_TRY(add_point(walk->contours, at));
      drawn = direction;
    }
    int8_t *next = here + walk->offsets[direction];
    if (next == start && here == last) return NULL;
    at.x += g_steps[direction].x;
    at.y += g_steps[direction].y;
    here = next;
    if (direction % 2 == 0) {
      const int32_t length = follow_straight(walk, direction, start, &here);
      at.x += length * g_steps[direction].x;
      at.y += length * g_steps[direction].y;
    }
    direction = (direction + 4) & 7;
  }
}

static mmd_status_t add_contour(const walk_t *walk, int8_t *start, mmd_ipoint_t at, int side) {
  mmd_contours_t *contours = walk->contours;
  const size_t first = contours->point_count;
  MMD_TRY(MMD_GROW(contours->items, contours->capacity, contours->count + 1));
  MMD_TRY(follow(walk, start, at, side));
  contours->items[contours->count++] = (mmd_contour_t){first, contours->point_count - first};
  return NULL;
}

// The first of |row|[x..end) that is inside, or |end|.
static size_t skip_outside(const int8_t *row, size_t x, size_t end) {
  uint64_t words[4];
  for (; x + sizeof words <= end; x += sizeof words) {
    memcpy(words, row + x, sizeof words);
    if (words[0] | words[1] | words[2] | words[3]) break;
  }
  while (x + WORD <= end && !load_word(row + x)) x += WORD;
  while (x < end && !row[x]) ++x;
  return x;
}

// |row| points at the first pixel, the border is at -1 and |width|. What is inside stays so, also
// when a border is followed.
static mmd_status_t scan_row(const walk_t *walk, int8_t *row, size_t width, int32_t y) {
  for (size_t x = 0; (x = skip_outside(row, x, width)) < width;) {
    if (row[x] == INSIDE) MMD_TRY(add_contour(walk, row + x, (mmd_ipoint_t){(int32_t)x, y}, 4));
    const int8_t *end = memchr(row + x, 0, width + 1 - x);
    x = (size_t)(end - row);
    if (row[x - 1] > 0) {
      MMD_TRY(add_contour(walk, row + x - 1, (mmd_ipoint_t){(int32_t)x - 1, y}, 0));
    }
  }
  return NULL;
}

typedef struct fill_t {
  int8_t *mask;
  bool *rows;
  const float *map;
  size_t width, height;
  float threshold;
} fill_t;

// From the last row on, which was written last and may still be in a cache.
static void fill_rows(void *context, size_t begin, size_t end) {
  const fill_t *fill = context;
  const mmd_rows_t *loops = mmd_rows_get();
  for (size_t i = begin; i < end; ++i) {
    const size_t y = fill->height - 1 - i;
    int8_t *row = fill->mask + (y + 1) * (fill->width + 2) + 1;
    fill->rows[y] = loops->above(fill->map + y * fill->width, fill->width, fill->threshold, row);
    row[-1] = row[fill->width] = 0;
  }
}

static mmd_status_t fill_mask(mmd_contours_t *contours, const float *map, size_t width,
                              size_t height, float threshold, mmd_pool_t *pool) {
  const size_t stride = width + 2;
  size_t size = 0;
  if (width > INT32_MAX / 2 || height > INT32_MAX / 2 ||
      !mmd_checked_mul(stride, height + 2, &size) || !mmd_checked_add(size, 2 * WORD, &size)) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "contours: a mask of %zux%zu is too large", height, width);
  }
  MMD_TRY(MMD_GROW(contours->mask, contours->mask_capacity, size));
  MMD_TRY(MMD_GROW(contours->rows, contours->row_capacity, height));
  // With room for a word before the first pixel and behind the last one.
  memset(contours->mask, 0, stride + WORD);
  memset(contours->mask + WORD + (height + 1) * stride, 0, stride + WORD);
  fill_t fill = {contours->mask + WORD, contours->rows, map, width, height, threshold};
  mmd_parallel_for(pool, height, 64, fill_rows, &fill);
  // Of empty rows those beside others are looked at.
  for (size_t y = 0; y < height; ++y) {
    const bool is_beside =
        (y > 0 && contours->rows[y - 1]) || (y + 1 < height && contours->rows[y + 1]);
    if (!contours->rows[y] && is_beside) memset(fill.mask + (y + 1) * stride, 0, stride);
  }
  return NULL;
}

mmd_status_t mmd_contours_find(mmd_contours_t *contours, const float *map, size_t width,
                               size_t height, float threshold, mmd_pool_t *pool) {
  const ptrdiff_t stride = (ptrdiff_t)width + 2;
  walk_t walk = {.contours = contours, .stride = stride};
  contours->count = contours->point_count = 0;
  MMD_TRY(fill_mask(contours, map, width, height, threshold, pool));
  for (int i = 0; i < 8; ++i) walk.offsets[i] = g_steps[i].y * stride + g_steps[i].x;
  for (size_t y = 0; y < height; ++y) {
    int8_t *row = contours->mask + WORD + (ptrdiff_t)(y + 1) * stride + 1;
    if (contours->rows[y]) MMD_TRY(scan_row(&walk, row, width, (int32_t)y));
  }
  return NULL;
}

void mmd_contours_deinit(mmd_contours_t *contours) {
  mmd_free(contours->items);
  mmd_free(contours->points);
  mmd_free(contours->mask);
  mmd_free(contours->rows);
  memset(contours, 0, sizeof *contours);
}
