// SPDX-License-Identifier: Apache-2.0
//
// Which key points of a body, hand or animal are joined.
#ifndef MMD_MEDIA_SKELETON_H_
#define MMD_MEDIA_SKELETON_H_

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct mmd_link_t {
  uint8_t from, to;
} mmd_link_t;

typedef struct mmd_skeleton_t {
  const char *name;
  int point_count;
  const mmd_link_t *links;
  size_t link_count;
} mmd_skeleton_t;

// By name ("coco", "coco-wholebody", "mpii", "aic", "crowdpose", "hand", "ap10k", "animalpose").
// NULL: the best known one with |point_count| points; |*out_skeleton| is NULL when there is none.
mmd_status_t mmd_skeleton_find(const char *name, int point_count,
                               const mmd_skeleton_t **out_skeleton) MMD_MUST_USE;

#endif  // MMD_MEDIA_SKELETON_H_
