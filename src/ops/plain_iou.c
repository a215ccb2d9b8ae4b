// SPDX-License-Identifier: Apache-2.0
#include "ops/plain_iou.h"

#include <math.h>
#include <stdbool.h>

static double side(double low_a, double high_a, double low_b, double high_b) {
  return fmax(fmin(high_a, high_b) - fmax(low_a, low_b), 0);
}

static double iou_of(const float *a, const float *b, double epsilon) {
  double overlap = side(a[0], a[2], b[0], b[2]) * side(a[1], a[3], b[1], b[3]);
  double area_a = ((double)a[2] - a[0]) * ((double)a[3] - a[1]);
  double area_b = ((double)b[2] - b[0]) * ((double)b[3] - b[1]);
  double iou = overlap / (area_a + area_b - overlap + epsilon);
  return isnan(iou) ? 0 : iou;
}

double mmd_plain_iou(const float *a, const float *b) {
  return iou_of(a, b, 0);
}

double mmd_plain_iou_match(const float *a, const float *b) {
  return iou_of(a, b, 1e-10);
}

// ---- Rotated boxes: one polygon is cut along the sides of the other.

enum { MAX_CORNERS = 8 };  // each of four cuts adds one at most

typedef struct {
  int count;
  double x[MAX_CORNERS], y[MAX_CORNERS];
} polygon_t;

// Corners of |box| in the frame in which |other| lies upright around the origin.
static polygon_t turn_box(const float *box, const float *other) {
  static const double signs[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
  polygon_t p = {.count = 4};
  double angle = (double)box[4] - other[4], c = cos(angle), s = sin(angle);
  double dx = (double)box[0] - other[0], dy = (double)box[1] - other[1];
  double c0 = cos((double)other[4]), s0 = sin((double)other[4]);
  double cx = c0 * dx + s0 * dy, cy = c0 * dy - s0 * dx;
  for (int i = 0; i < 4; ++i) {
    double u = signs[i][0] * box[2] / 2, v = signs[i][1] * box[3] / 2;
    p.x[i] = cx + c * u - s * v;
    p.y[i] = cy + s * u + c * v;
  }
  return p;
}

static void swap_axes(polygon_t *p) {
  for (int i = 0; i < p->count; ++i) {
    double x = p->x[i];
    p->x[i] = p->y[i];
    p->y[i] = -x;
  }
}

// Keeps what has x <= |limit|.
static polygon_t cut(const polygon_t *p, double limit) {
  polygon_t out = {.count = 0};
  for (int i = 0; i < p->count; ++i) {
    int next = (i + 1) % p->count;
    bool in = p->x[i] <= limit, next_in = p->x[next] <= limit;
    if (in && out.count < MAX_CORNERS) {
      out.x[out.count] = p->x[i];
      out.y[out.count++] = p->y[i];
    }
    if (in == next_in || out.count == MAX_CORNERS) continue;
    double t = (limit - p->x[i]) / (p->x[next] - p->x[i]);
    out.x[out.count] = limit;
    out.y[out.count++] = p->y[i] + t * (p->y[next] - p->y[i]);
  }
  return out;
}

static double area(const polygon_t *p) {
  double sum = 0;
  for (int i = 0; i < p->count; ++i) {
    int next = (i + 1) % p->count;
    sum += p->x[i] * p->y[next] - p->x[next] * p->y[i];
  }
  return fabs(sum) / 2;
}

static double iou_rotated(const float *a, const float *b, double degenerate) {
  double area_a = (double)a[2] * a[3], area_b = (double)b[2] * b[3];
  if (area_a < 1e-14 || area_b < 1e-14) return degenerate;
  polygon_t p = turn_box(a, b);
  for (int i = 0; i < 4; ++i) {
    p = cut(&p, fabs((double)b[i % 2 == 0 ? 2 : 3]) / 2);
    swap_axes(&p);
  }
  double overlap = area(&p), iou = overlap / (area_a + area_b - overlap);
  return isnan(iou) ? 0 : iou;
}

double mmd_plain_iou_rotated(const float *a, const float *b) {
  return iou_rotated(a, b, 0);
}

double mmd_plain_iou_rotated_or_one(const float *a, const float *b) {
  return iou_rotated(a, b, 1);
}
