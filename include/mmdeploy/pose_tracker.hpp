// SPDX-License-Identifier: Apache-2.0
//
// C++17 over pose_tracker.h.
#ifndef MMDEPLOY_POSE_TRACKER_HPP
#define MMDEPLOY_POSE_TRACKER_HPP

#include "mmdeploy/common.hpp"
#include "mmdeploy/pose_tracker.h"

namespace mmdeploy {
namespace cxx {

// Key points of people, followed through videos.
class PoseTracker : public UniqueHandle<mmdeploy_pose_tracker_t> {
 public:
  using Result = Result_<mmdeploy_pose_tracker_target_t>;

  // The parameters, with their defaults at first; reached by ->.
  class Params : public UniqueHandle<mmdeploy_pose_tracker_param_t *> {
   public:
    Params() : UniqueHandle(new mmdeploy_pose_tracker_param_t{}) {
      mmdeploy_pose_tracker_default_params(handle_);
    }
    Params(Params &&) = default;
    Params &operator=(Params &&) = default;
    ~Params() { delete handle_; }
  };

  // What is known of one video. Not for several threads at once.
  class State : public UniqueHandle<mmdeploy_pose_tracker_state_t> {
   public:
    State(mmdeploy_pose_tracker_t tracker, const mmdeploy_pose_tracker_param_t *params) {
      detail::check(mmdeploy_pose_tracker_create_state(tracker, params, &handle_));
    }
    State(State &&) = default;
    State &operator=(State &&) = default;
    ~State() { mmdeploy_pose_tracker_destroy_state(handle_); }
  };

  PoseTracker(const Model &detect, const Model &pose, const Context &context) {
    detail::check(mmdeploy_pose_tracker_create(detect, pose, context, &handle_));
  }
  PoseTracker(PoseTracker &&) = default;
  PoseTracker &operator=(PoseTracker &&) = default;
  ~PoseTracker() { mmdeploy_pose_tracker_destroy(handle_); }

  State CreateState(const Params &params) {
    return State(handle_, static_cast<mmdeploy_pose_tracker_param_t *>(params));
  }

  // |detect|: -1 by the state's det_interval, 0 never, else always on this frame.
  Result Apply(State &state, const Mat &frame, int detect = -1) {
    return Apply(Span<State>(&state, size_t{1}), Span<const Mat>(&frame, size_t{1}),
                 Span<const int>(&detect, size_t{1}))[0];
  }
  std::vector<Result> Apply(const Span<State> &states, const Span<const Mat> &frames,
                            const Span<const int> &detects = {}) {
    static_assert(sizeof(State) == sizeof(mmdeploy_pose_tracker_state_t),
                  "arrays of State are arrays of handles");
    static_assert(sizeof(int) == sizeof(int32_t), "counts are handed on");
    if (frames.empty()) return {};
    if (states.size() != frames.size() || (!detects.empty() && detects.size() != frames.size()))
      throw Exception(ErrorCode::eInvalidArgument, "there must be one state a frame");
    mmdeploy_pose_tracker_target_t *results{};
    int32_t *counts{};
    const int n = detail::count_of(frames.size());
    detail::check(mmdeploy_pose_tracker_apply(
        handle_, reinterpret_cast<mmdeploy_pose_tracker_state_t *>(states.data()),
        reinterpret(frames.data()), detects.data(), n, &results, &counts));
    std::shared_ptr<mmdeploy_pose_tracker_target_t> data(results, [counts, count = n](auto *p) {
      mmdeploy_pose_tracker_release_result(p, counts, count);
    });
    return detail::share_out(data, counts, frames.size());
  }
};

}  // namespace cxx

using cxx::PoseTracker;

}  // namespace mmdeploy

#endif  // MMDEPLOY_POSE_TRACKER_HPP
