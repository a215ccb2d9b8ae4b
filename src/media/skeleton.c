// SPDX-License-Identifier: Apache-2.0
#include "media/skeleton.h"

#include "base/str.h"

static const mmd_link_t COCO[] = {
    {15, 13}, {13, 11}, {16, 14}, {14, 12}, {11, 12}, {5, 11}, {6, 12}, {5, 6}, {5, 7}, {6, 8},
    {7, 9},   {8, 10},  {1, 2},   {0, 1},   {0, 2},   {1, 3},  {2, 4},  {3, 5}, {4, 6}};

#define FINGER(root, first)                                    \
  {root, first}, {first, first + 1}, {first + 1, first + 2}, { \
    first + 2, first + 3                                       \
  }
#define HAND_LINKS(root)                                                                           \
  FINGER(root, root + 1), FINGER(root, root + 5), FINGER(root, root + 9), FINGER(root, root + 13), \
      FINGER(root, root + 17)

// The body, the feet, the hands; the points of the face are not joined.
static const mmd_link_t WHOLEBODY[] = {
    {15, 13}, {13, 11}, {16, 14}, {14, 12}, {11, 12},       {5, 11},        {6, 12},
    {5, 6},   {5, 7},   {6, 8},   {7, 9},   {8, 10},        {1, 2},         {0, 1},
    {0, 2},   {1, 3},   {2, 4},   {3, 5},   {4, 6},         {15, 17},       {15, 18},
    {15, 19}, {16, 20}, {16, 21}, {16, 22}, HAND_LINKS(91), HAND_LINKS(112)};
static const mmd_link_t HAND[] = {HAND_LINKS(0)};
static const mmd_link_t MPII[] = {{0, 1},   {1, 2},   {2, 6},  {6, 3},   {3, 4},
                                  {4, 5},   {6, 7},   {7, 8},  {8, 9},   {8, 12},
                                  {12, 11}, {11, 10}, {8, 13}, {13, 14}, {14, 15}};
static const mmd_link_t AIC[] = {{2, 1}, {1, 0}, {0, 13}, {13, 3},  {3, 4},   {4, 5}, {8, 7},
                                 {7, 6}, {6, 9}, {9, 10}, {10, 11}, {12, 13}, {0, 6}, {3, 9}};
static const mmd_link_t CROWDPOSE[] = {{10, 8}, {8, 6}, {11, 9},  {9, 7},  {6, 7},
                                       {0, 6},  {1, 7}, {0, 1},   {0, 2},  {1, 3},
                                       {2, 4},  {3, 5}, {12, 13}, {1, 13}, {0, 13}};
static const mmd_link_t AP10K[] = {{0, 1},   {0, 2},   {1, 2},  {2, 3},   {3, 4},  {3, 5},
                                   {5, 6},   {6, 7},   {3, 8},  {8, 9},   {9, 10}, {4, 11},
                                   {11, 12}, {12, 13}, {4, 14}, {14, 15}, {15, 16}};
static const mmd_link_t ANIMALPOSE[] = {
    {0, 1},   {0, 2}, {1, 3},  {0, 4},   {1, 4},  {4, 5},   {5, 7},   {6, 7},  {5, 8},   {8, 12},
    {12, 16}, {5, 9}, {9, 13}, {13, 17}, {6, 10}, {10, 14}, {14, 18}, {6, 11}, {11, 15}, {15, 19}};

#define SKELETON(name, points, links) \
  { name, points, links, sizeof(links) / sizeof *(links) }
// Of those with the same number of points the first is the default.
static const mmd_skeleton_t SKELETONS[] = {
    SKELETON("coco", 17, COCO),           SKELETON("coco-wholebody", 133, WHOLEBODY),
    SKELETON("hand", 21, HAND),           SKELETON("mpii", 16, MPII),
    SKELETON("crowdpose", 14, CROWDPOSE), SKELETON("aic", 14, AIC),
    SKELETON("ap10k", 17, AP10K),         SKELETON("animalpose", 20, ANIMALPOSE),
};

mmd_status_t mmd_skeleton_find(const char *name, int point_count,
                               const mmd_skeleton_t **out_skeleton) {
  *out_skeleton = NULL;
  for (size_t i = 0; i < sizeof SKELETONS / sizeof *SKELETONS; ++i) {
    const mmd_skeleton_t *skeleton = &SKELETONS[i];
    if (name ? !mmd_str_equal(skeleton->name, name) : skeleton->point_count != point_count)
      continue;
    *out_skeleton = skeleton;
    return NULL;
  }
  if (!name) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "there is no skeleton '%s'; coco, coco-wholebody, hand, mpii, crowdpose, aic, "
                   "ap10k and animalpose are known",
                   name);
}
