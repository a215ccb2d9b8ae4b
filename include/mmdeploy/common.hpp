// SPDX-License-Identifier: Apache-2.0
//
// C++17 over the C API: what all tasks share. Header-only; everything is in namespace mmdeploy.
// Handles are freed by destructors, a code other than MMDEPLOY_SUCCESS becomes an Exception.
//
// MMDEPLOY_CXX_USE_OPENCV: 1 gives Mat constructors from cv::Mat, 0 leaves OpenCV out. By default
// they are there when OpenCV's headers are.
#ifndef MMDEPLOY_COMMON_HPP
#define MMDEPLOY_COMMON_HPP

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/ext.h"
#include "mmdeploy/model.h"

#ifndef MMDEPLOY_CXX_USE_OPENCV
#if __has_include(<opencv2/core/core.hpp>)
#define MMDEPLOY_CXX_USE_OPENCV 1
#else
#define MMDEPLOY_CXX_USE_OPENCV 0
#endif
#endif

#if MMDEPLOY_CXX_USE_OPENCV
#include <opencv2/core/core.hpp>
#endif

namespace mmdeploy {

//===--- errors ------------------------------------------------------------===//

enum class ErrorCode : int32_t {
  eSuccess = 0,
  eInvalidArgument = 1,
  eNotSupported = 2,
  eOutOfRange = 3,
  eOutOfMemory = 4,
  eFileNotExist = 5,
  eFail = 6,
  eShapeMismatch = 7,
  eEntryNotFound = 8,
  eNotReady = 9,
  eCancelled = MMDEPLOY_E_CANCELLED,
  eUnknown = -1,
};

inline constexpr ErrorCode eInvalidArgument = ErrorCode::eInvalidArgument;
inline constexpr ErrorCode eNotSupported = ErrorCode::eNotSupported;
inline constexpr ErrorCode eOutOfRange = ErrorCode::eOutOfRange;
inline constexpr ErrorCode eOutOfMemory = ErrorCode::eOutOfMemory;
inline constexpr ErrorCode eFileNotExist = ErrorCode::eFileNotExist;
inline constexpr ErrorCode eFail = ErrorCode::eFail;
inline constexpr ErrorCode eShapeMismatch = ErrorCode::eShapeMismatch;
inline constexpr ErrorCode eEntryNotFound = ErrorCode::eEntryNotFound;
inline constexpr ErrorCode eNotReady = ErrorCode::eNotReady;
inline constexpr ErrorCode eUnknown = ErrorCode::eUnknown;

// What a failed call throws: what() is the library's sentence and the code.
class Exception : public std::exception {
 public:
  Exception(ErrorCode code, std::string_view text)
      : code_(code),
        what_(std::string(text) + " (" + std::to_string(static_cast<int32_t>(code)) + ")") {}
  const char *what() const noexcept override { return what_.c_str(); }
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
  std::string what_;
};

[[noreturn]] inline void throw_exception(ErrorCode code) {
  const bool is_last = mmdeploy_last_error_code() == static_cast<int>(code);
  throw Exception(code, is_last ? mmdeploy_last_error_message()
                                : mmdeploy_status_string(static_cast<int>(code)));
}

//===--- spans -------------------------------------------------------------===//

// A view of |size| objects that belong to somebody else.
template <typename T>
class Span {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using pointer = T *;
  using reference = T &;
  using iterator = T *;
  using const_iterator = const T *;
  using reverse_iterator = std::reverse_iterator<iterator>;

  constexpr Span() noexcept = default;
  constexpr Span(T *data, size_type size) noexcept : data_(data), size_(size) {}
  template <typename It, typename = std::enable_if_t<std::is_convertible_v<It, T *>>>
  constexpr Span(It first, T *last) noexcept
      : data_(first), size_(static_cast<size_type>(last - data_)) {}
  template <typename C, typename = std::enable_if_t<
                            std::is_convertible_v<decltype(std::declval<C &>().data()), T *> &&
                            std::is_convertible_v<decltype(std::declval<C &>().size()), size_type>>>
  constexpr Span(C &&container) noexcept
      : data_(container.data()), size_(static_cast<size_type>(container.size())) {}
  template <std::size_t N>
  constexpr Span(T (&array)[N]) noexcept : data_(array), size_(N) {}
  // Lives as long as the list: for arguments of a call.
  template <typename U = T, typename = std::enable_if_t<std::is_const_v<U>>>
  constexpr Span(std::initializer_list<value_type> list) noexcept
      : data_(std::data(list)), size_(list.size()) {}

  constexpr iterator begin() const noexcept { return data_; }
  constexpr iterator end() const noexcept { return data_ + size_; }
  constexpr reverse_iterator rbegin() const noexcept { return reverse_iterator(end()); }
  constexpr reverse_iterator rend() const noexcept { return reverse_iterator(begin()); }
  constexpr reference front() const { return data_[0]; }
  constexpr reference back() const { return data_[size_ - 1]; }
  constexpr reference operator[](size_type index) const { return data_[index]; }
  constexpr pointer data() const noexcept { return data_; }
  constexpr size_type size() const noexcept { return size_; }
  constexpr size_type size_bytes() const noexcept { return size_ * sizeof(T); }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr Span first(size_type count) const { return {data_, count}; }
  constexpr Span last(size_type count) const { return {data_ + (size_ - count), count}; }
  constexpr Span subspan(size_type offset, size_type count = static_cast<size_type>(-1)) const {
    return {data_ + offset, count == static_cast<size_type>(-1) ? size_ - offset : count};
  }

  friend constexpr bool operator==(const Span &a, const Span &b) {
    if (a.size_ != b.size_) return false;
    for (size_type i = 0; i < a.size_; ++i) {
      if (!(a.data_[i] == b.data_[i])) return false;
    }
    return true;
  }
  friend constexpr bool operator!=(const Span &a, const Span &b) { return !(a == b); }

 private:
  T *data_ = nullptr;
  size_type size_ = 0;
};

template <typename C>
Span(C &) -> Span<std::remove_pointer_t<decltype(std::declval<C &>().data())>>;
template <typename T, std::size_t N>
Span(T (&)[N]) -> Span<T>;
template <typename T>
Span(T *, std::size_t) -> Span<T>;
template <typename T>
Span(T *, T *) -> Span<T>;

namespace cxx {

using Rect = mmdeploy_rect_t;

namespace detail {

inline void check(int code) {
  if (code != MMDEPLOY_SUCCESS) throw_exception(static_cast<ErrorCode>(code));
}

// The library counts with int.
inline int count_of(std::size_t size) {
  if (size > 0x7fffffff) throw Exception(ErrorCode::eOutOfRange, "too many items for one call");
  return static_cast<int>(size);
}

}  // namespace detail

//===--- handles -----------------------------------------------------------===//

// A handle with one owner, freed by the class that derives from it.
template <typename T>
class UniqueHandle {
 public:
  UniqueHandle() = default;
  explicit UniqueHandle(T handle) noexcept : handle_(handle) {}
  UniqueHandle(const UniqueHandle &) = delete;
  UniqueHandle &operator=(const UniqueHandle &) = delete;
  UniqueHandle(UniqueHandle &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  UniqueHandle &operator=(UniqueHandle &&other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  explicit operator T() const noexcept { return handle_; }
  T operator->() const noexcept { return handle_; }

 protected:
  ~UniqueHandle() = default;
  T handle_{};
};

class Model {
 public:
  explicit Model(const char *path) {
    mmdeploy_model_t model{};
    detail::check(mmdeploy_model_create_by_path(path, &model));
    model_.reset(model, mmdeploy_model_destroy);
  }
  explicit Model(const std::string &path) : Model(path.c_str()) {}
  // A zip archive, which is copied.
  Model(const void *buffer, size_t size) {
    mmdeploy_model_t model{};
    detail::check(mmdeploy_model_create_from_memory(buffer, size, 1, &model));
    model_.reset(model, mmdeploy_model_destroy);
  }
  operator mmdeploy_model_t() const noexcept { return model_.get(); }

  // Ours: NULL where the package carries no names.
  const char *class_name(int label_id) const {
    return mmdeploy_model_class_name(model_.get(), label_id);
  }

 private:
  std::shared_ptr<mmdeploy_model> model_;
};

class Device {
 public:
  explicit Device(std::string name, int index = 0) : name_(std::move(name)), index_(index) {
    mmdeploy_device_t device{};
    detail::check(mmdeploy_device_create(name_.c_str(), index, &device));
    device_.reset(device, mmdeploy_device_destroy);
  }
  const char *name() const { return name_.c_str(); }
  int index() const { return index_; }
  operator mmdeploy_device_t() const noexcept { return device_.get(); }

 private:
  std::string name_;
  int index_;
  std::shared_ptr<mmdeploy_device> device_;
};

class Profiler {
 public:
  explicit Profiler(std::string_view path) {
    mmdeploy_profiler_t profiler{};
    detail::check(mmdeploy_profiler_create(std::string(path).c_str(), &profiler));
    profiler_.reset(profiler, mmdeploy_profiler_destroy);
  }
  operator mmdeploy_profiler_t() const noexcept { return profiler_.get(); }

 private:
  std::shared_ptr<mmdeploy_profiler> profiler_;
};

class Scheduler {
 public:
  // Takes |scheduler| over.
  explicit Scheduler(mmdeploy_scheduler_t scheduler) {
    if (!scheduler) throw_exception(static_cast<ErrorCode>(mmdeploy_last_error_code()));
    scheduler_.reset(scheduler, [](mmdeploy_scheduler_t p) { mmdeploy_scheduler_destroy(p); });
  }
  static Scheduler ThreadPool(int num_threads) {
    return Scheduler(mmdeploy_executor_create_thread_pool(num_threads));
  }
  static Scheduler Thread() { return Scheduler(mmdeploy_executor_create_thread()); }
  operator mmdeploy_scheduler_t() const noexcept { return scheduler_.get(); }

 private:
  std::shared_ptr<mmdeploy_scheduler> scheduler_;
};

class Context {
 public:
  Context() {
    mmdeploy_context_t context{};
    detail::check(mmdeploy_context_create(&context));
    context_.reset(context, mmdeploy_context_destroy);
  }
  Context(const Device &device) : Context() { Add(device); }

  void Add(const std::string &name, const Scheduler &scheduler) {
    add(MMDEPLOY_TYPE_SCHEDULER, name.c_str(), static_cast<mmdeploy_scheduler_t>(scheduler));
  }
  void Add(const std::string &name, const Model &model) {
    add(MMDEPLOY_TYPE_MODEL, name.c_str(), static_cast<mmdeploy_model_t>(model));
  }
  void Add(const Device &device) {
    add(MMDEPLOY_TYPE_DEVICE, nullptr, static_cast<mmdeploy_device_t>(device));
  }
  void Add(const Profiler &profiler) {
    add(MMDEPLOY_TYPE_PROFILER, nullptr, static_cast<mmdeploy_profiler_t>(profiler));
  }
  operator mmdeploy_context_t() const noexcept { return context_.get(); }

 private:
  void add(mmdeploy_context_type_t type, const char *name, const void *object) {
    detail::check(mmdeploy_context_add(context_.get(), type, name, object));
  }

  std::shared_ptr<mmdeploy_context> context_;
};

//===--- pictures ----------------------------------------------------------===//

// A picture; its pixels are borrowed.
class Mat {
 public:
  Mat() : desc_{} {}
  Mat(int height, int width, int channels, mmdeploy_pixel_format_t format,
      mmdeploy_data_type_t type, uint8_t *data, mmdeploy_device_t device = nullptr)
      : desc_{data, height, width, channels, format, type, device} {}
  Mat(const mmdeploy_mat_t &desc) : desc_(desc) {}
#if MMDEPLOY_CXX_USE_OPENCV
  Mat(const cv::Mat &mat, mmdeploy_pixel_format_t format)
      : desc_{mat.data, mat.rows, mat.cols, mat.channels(), format, GetCvType(mat.depth()),
              nullptr} {
    if (!mat.isContinuous() && mat.rows > 1)
      throw Exception(ErrorCode::eNotSupported, "rows of a cv::Mat must be packed; clone it");
    if (mat.dims > 2) throw_exception(ErrorCode::eNotSupported);
  }
  Mat(const cv::Mat &mat) : Mat(mat, GetCvFormat(mat.channels())) {}

  static mmdeploy_data_type_t GetCvType(int depth) {
    if (depth == CV_8U) return MMDEPLOY_DATA_TYPE_UINT8;
    if (depth == CV_32F) return MMDEPLOY_DATA_TYPE_FLOAT;
    throw Exception(ErrorCode::eNotSupported, "a cv::Mat must be of depth CV_8U or CV_32F");
  }
  static mmdeploy_pixel_format_t GetCvFormat(int channels) {
    if (channels == 1) return MMDEPLOY_PIXEL_FORMAT_GRAYSCALE;
    if (channels == 3) return MMDEPLOY_PIXEL_FORMAT_BGR;
    if (channels == 4) return MMDEPLOY_PIXEL_FORMAT_BGRA;
    throw Exception(ErrorCode::eNotSupported, "a cv::Mat must have 1, 3 or 4 channels");
  }
#endif
  const mmdeploy_mat_t &desc() const noexcept {
    return desc_;
  }

 private:
  mmdeploy_mat_t desc_;
};
static_assert(sizeof(Mat) == sizeof(mmdeploy_mat_t), "arrays of Mat are arrays of mmdeploy_mat_t");

inline const mmdeploy_mat_t *reinterpret(const Mat *mats) {
  return reinterpret_cast<const mmdeploy_mat_t *>(mats);
}

//===--- results -----------------------------------------------------------===//

// The answers for one picture; those of the whole call live until the last of its results goes.
template <typename T>
class Result_ {
 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T &;
  using const_reference = const T &;
  using pointer = T *;
  using const_pointer = const T *;
  using iterator = T *;
  using const_iterator = T *;

  Result_(size_t offset, size_t size, std::shared_ptr<T> data)
      : offset_(offset), size_(size), data_(std::move(data)) {}
  T &operator[](size_t index) const { return data_.get()[offset_ + index]; }
  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T *begin() const noexcept { return data_.get() + offset_; }
  T *end() const noexcept { return begin() + size_; }
  T *operator->() const noexcept { return begin(); }
  T &operator*() const noexcept { return *begin(); }

 private:
  size_t offset_, size_;
  std::shared_ptr<T> data_;
};

namespace detail {

// A result for each of |count| pictures, |counts[i]| answers long (NULL: one).
template <typename T>
std::vector<Result_<T>> share_out(const std::shared_ptr<T> &data, const int *counts, size_t count) {
  std::vector<Result_<T>> results;
  results.reserve(count);
  for (size_t i = 0, offset = 0; i < count; ++i) {
    const size_t size = counts ? static_cast<size_t>(counts[i]) : 1;
    results.emplace_back(offset, size, data);
    offset += size;
  }
  return results;
}

}  // namespace detail

// What task classes derive from: a handle that is neither copied nor moved.
class NonMovable {
 public:
  NonMovable(const NonMovable &) = delete;
  NonMovable &operator=(const NonMovable &) = delete;

 protected:
  NonMovable() = default;
  ~NonMovable() = default;
};

}  // namespace cxx

using cxx::Context;
using cxx::Device;
using cxx::Mat;
using cxx::Model;
using cxx::Profiler;
using cxx::Rect;
using cxx::Scheduler;

}  // namespace mmdeploy

#endif  // MMDEPLOY_COMMON_HPP
