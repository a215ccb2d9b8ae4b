// SPDX-License-Identifier: Apache-2.0
//
// C++17 over pose_detector.h.
#ifndef MMDEPLOY_POSE_DETECTOR_HPP
#define MMDEPLOY_POSE_DETECTOR_HPP

#include "mmdeploy/common.hpp"
#include "mmdeploy/pose_detector.h"

namespace mmdeploy {
namespace cxx {

using PoseDetection = mmdeploy_pose_detection_t;

// Key points. May be used from several threads at once.
class PoseDetector : public NonMovable {
 public:
  PoseDetector(const Model &model, const Context &context) {
    detail::check(mmdeploy_pose_detector_create_v2(model, context, &handle_));
  }
  ~PoseDetector() { mmdeploy_pose_detector_destroy(handle_); }

  using Result = Result_<PoseDetection>;

  // |bbox_count[i]| of |bboxes| belong to image i, whose result has an answer for each. Without a
  // |bbox_count| images are taken whole.
  std::vector<Result> Apply(Span<const Mat> images, Span<const Rect> bboxes,
                            Span<const int> bbox_count) {
    if (images.empty()) return {};
    check_boxes(images, bboxes, bbox_count);
    // None is not the same as no boxes at all.
    static const Rect none{};
    const bool is_whole = bbox_count.empty();
    const Rect *boxes = is_whole ? nullptr : bboxes.empty() ? &none : bboxes.data();
    const int *counts = is_whole ? nullptr : bbox_count.data();
    const int n = detail::count_of(images.size());
    PoseDetection *results{};
    detail::check(mmdeploy_pose_detector_apply_bbox(handle_, reinterpret(images.data()), n, boxes,
                                                    counts, &results));
    const int total = is_whole ? n : detail::count_of(bboxes.size());
    std::shared_ptr<PoseDetection> data(
        results, [total](auto *p) { mmdeploy_pose_detector_release_result(p, total); });
    return detail::share_out(data, counts, images.size());
  }
  // Without boxes the image is taken whole, as with the original; use the call above for none.
  Result Apply(const Mat &image, Span<const Rect> bboxes = {}) {
    const int count = detail::count_of(bboxes.size());
    const Span<const int> counts =
        bboxes.empty() ? Span<const int>() : Span<const int>(&count, size_t{1});
    return Apply(Span<const Mat>(&image, size_t{1}), bboxes, counts)[0];
  }

 private:
  static void check_boxes(Span<const Mat> images, Span<const Rect> bboxes,
                          Span<const int> bbox_count) {
    size_t total = 0;
    for (const int count : bbox_count) total += count > 0 ? static_cast<size_t>(count) : 0;
    if (!bbox_count.empty() && (bbox_count.size() != images.size() || total != bboxes.size()))
      throw Exception(ErrorCode::eInvalidArgument, "bbox_count does not fit images and bboxes");
  }

  mmdeploy_pose_detector_t handle_{};
};

}  // namespace cxx

using cxx::PoseDetection;
using cxx::PoseDetector;

}  // namespace mmdeploy

#endif  // MMDEPLOY_POSE_DETECTOR_HPP
