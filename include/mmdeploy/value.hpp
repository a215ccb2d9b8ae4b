// SPDX-License-Identifier: Apache-2.0
//
// A JSON-like tree in C++, for pipelines: the values of the C API with literals, operator[] and
// iteration. Pictures, tensors and models are kept as handles.
#ifndef MMDEPLOY_VALUE_HPP
#define MMDEPLOY_VALUE_HPP

#include <map>
#include <variant>

#include "mmdeploy/common.hpp"

namespace mmdeploy {
namespace cxx {

class Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::map<std::string, Value>;
  using Handle = std::shared_ptr<mmdeploy_value>;

  Value() = default;
  Value(std::nullptr_t) {}
  Value(const Value &) = default;
  Value(Value &&) = default;
  Value &operator=(const Value &) = default;
  Value &operator=(Value &&) = default;
  ~Value() = default;

  template <typename T, typename = std::enable_if_t<std::is_arithmetic_v<T>>>
  Value(T number) {
    if constexpr (std::is_same_v<T, bool>)
      data_ = number;
    else if constexpr (std::is_integral_v<T>)
      data_ = static_cast<int64_t>(number);
    else
      data_ = static_cast<double>(number);
  }
  Value(const char *text) : data_(std::string(text)) {}
  Value(std::string text) : data_(std::move(text)) {}
  Value(Array array) : data_(std::move(array)) {}
  Value(Object object) : data_(std::move(object)) {}
  // {{"key", value}, …} is an object, any other list an array.
  Value(std::initializer_list<Value> list) {
    bool is_pairs = list.size() > 0;
    for (const Value &item : list) {
      is_pairs = is_pairs && item.is_array() && item.size() == 2 && item[0].is_string();
    }
    if (!is_pairs) {
      data_ = Array(list);
      return;
    }
    Object object;
    for (const Value &item : list) object[item[0].get<std::string>()] = item[1];
    data_ = std::move(object);
  }
  Value(const Model &model) { take(model, mmdeploy_value_from_model); }
  Value(const Mat &mat) {
    mmdeploy_value_t value{};
    detail::check(mmdeploy_value_from_mat(&mat.desc(), &value));
    data_ = Handle(value, mmdeploy_value_destroy);
  }

  bool is_null() const { return is<std::monostate>(); }
  bool is_boolean() const { return is<bool>(); }
  bool is_number_integer() const { return is<int64_t>(); }
  bool is_number_float() const { return is<double>(); }
  bool is_number() const { return is_number_integer() || is_number_float(); }
  bool is_string() const { return is<std::string>(); }
  bool is_array() const { return is<Array>(); }
  bool is_object() const { return is<Object>(); }
  bool is_any() const { return is<Handle>(); }

  // Items of an array, members of an object; 0 for others.
  size_t size() const {
    if (is_array()) return array().size();
    return is_object() ? object().size() : 0;
  }
  bool empty() const { return size() == 0; }

  const Array &array() const { return as<Array>(); }
  Array &array() { return as<Array>(); }
  const Object &object() const { return as<Object>(); }
  Object &object() { return as<Object>(); }

  const Value &operator[](size_t index) const { return array().at(index); }
  Value &operator[](size_t index) { return array().at(index); }
  const Value &operator[](int index) const { return (*this)[static_cast<size_t>(index)]; }
  Value &operator[](int index) { return (*this)[static_cast<size_t>(index)]; }
  const Value &operator[](const std::string &key) const {
    const auto found = object().find(key);
    if (found == object().end())
      throw Exception(ErrorCode::eOutOfRange, "the object has no member \"" + key + "\"");
    return found->second;
  }
  // Makes the member; the null value becomes an object.
  Value &operator[](const std::string &key) {
    if (is_null()) data_ = Object();
    return object()[key];
  }
  const Value &operator[](const char *key) const { return (*this)[std::string(key)]; }
  Value &operator[](const char *key) { return (*this)[std::string(key)]; }
  const Value &front() const { return array().at(0); }
  const Value &back() const { return array().at(array().size() - 1); }

  bool contains(const std::string &key) const {
    return is_object() && object().find(key) != object().end();
  }
  // The null value becomes an array.
  void push_back(Value item) {
    if (is_null()) data_ = Array();
    array().push_back(std::move(item));
  }

  // Of arrays.
  Array::const_iterator begin() const { return array().begin(); }
  Array::const_iterator end() const { return array().end(); }
  Array::iterator begin() { return array().begin(); }
  Array::iterator end() { return array().end(); }

  // Numbers convert into one another; any other kind must be the one asked for.
  template <typename T>
  T get() const {
    if constexpr (std::is_arithmetic_v<T>) {
      if (is<bool>()) return static_cast<T>(std::get<bool>(data_));
      if (is<int64_t>()) return static_cast<T>(std::get<int64_t>(data_));
      return static_cast<T>(as<double>());
    } else {
      return as<T>();
    }
  }
  template <typename T>
  T value(const std::string &key, T fallback) const {
    return contains(key) ? (*this)[key].template get<T>() : fallback;
  }

  // From and to the C API.
  static Value from_json(const std::string &text) {
    mmdeploy_value_t value{};
    detail::check(mmdeploy_value_from_json(text.c_str(), &value));
    return adopt(value);
  }
  std::string to_json() const {
    char *text{};
    detail::check(mmdeploy_value_to_json(handle().get(), &text));
    const std::shared_ptr<char> owner(text, mmdeploy_string_free);
    return text;
  }
  // Takes |value| over.
  static Value adopt(mmdeploy_value_t value) {
    const Handle owner(value, mmdeploy_value_destroy);
    return read(owner);
  }
  Handle handle() const { return Handle(write(), mmdeploy_value_destroy); }

 private:
  template <typename T>
  bool is() const {
    return std::holds_alternative<T>(data_);
  }
  template <typename T>
  const T &as() const {
    const T *found = std::get_if<T>(&data_);
    if (!found) throw Exception(ErrorCode::eInvalidArgument, "the value is of another kind");
    return *found;
  }
  template <typename T>
  T &as() {
    return const_cast<T &>(static_cast<const Value *>(this)->as<T>());
  }

  template <typename From, typename Make>
  void take(const From &from, Make make) {
    mmdeploy_value_t value{};
    detail::check(make(from, &value));
    data_ = Handle(value, mmdeploy_value_destroy);
  }

  static Value read(const Handle &handle) {
    Value result;
    int flag{};
    int64_t integer{};
    double number{};
    switch (mmdeploy_value_type(handle.get())) {
      case MMDEPLOY_VALUE_NULL:
        break;
      case MMDEPLOY_VALUE_BOOL:
        detail::check(mmdeploy_value_as_bool(handle.get(), &flag));
        return flag != 0;
      case MMDEPLOY_VALUE_INT:
        detail::check(mmdeploy_value_as_int(handle.get(), &integer));
        return integer;
      case MMDEPLOY_VALUE_FLOAT:
        detail::check(mmdeploy_value_as_double(handle.get(), &number));
        return number;
      case MMDEPLOY_VALUE_STRING:
        return mmdeploy_value_as_string(handle.get());
      case MMDEPLOY_VALUE_ARRAY:
        return read_array(handle);
      case MMDEPLOY_VALUE_OBJECT:
        return read_object(handle);
      default:
        result.data_ = handle;
    }
    return result;
  }
  static Value read_array(const Handle &handle) {
    Array array;
    const int size = mmdeploy_value_size(handle.get());
    for (int i = 0; i < size; ++i) {
      mmdeploy_value_t item{};
      detail::check(mmdeploy_value_at(handle.get(), i, &item));
      array.push_back(adopt(item));
    }
    Value result;
    result.data_ = std::move(array);
    return result;
  }
  static Value read_object(const Handle &handle) {
    Object object;
    for (int i = 0; const char *key = mmdeploy_value_key(handle.get(), i); ++i) {
      mmdeploy_value_t item{};
      detail::check(mmdeploy_value_get(handle.get(), key, &item));
      object[key] = adopt(item);
    }
    Value result;
    result.data_ = std::move(object);
    return result;
  }

  mmdeploy_value_t write() const {
    mmdeploy_value_t made{};
    if (is_null()) {
      detail::check(mmdeploy_value_from_json("null", &made));
    } else if (is_boolean()) {
      detail::check(mmdeploy_value_from_bool(std::get<bool>(data_), &made));
    } else if (is_number_integer()) {
      detail::check(mmdeploy_value_from_int(std::get<int64_t>(data_), &made));
    } else if (is_number_float()) {
      detail::check(mmdeploy_value_from_double(std::get<double>(data_), &made));
    } else if (is_string()) {
      detail::check(mmdeploy_value_from_string(std::get<std::string>(data_).c_str(), &made));
    } else if (is_any()) {
      made = mmdeploy_value_copy(std::get<Handle>(data_).get());
      if (!made) throw_exception(ErrorCode::eOutOfMemory);
    } else {
      return write_items();
    }
    return made;
  }
  mmdeploy_value_t write_items() const {
    mmdeploy_value_t made{};
    detail::check(is_array() ? mmdeploy_value_create_array(&made)
                             : mmdeploy_value_create_object(&made));
    std::unique_ptr<mmdeploy_value, void (*)(mmdeploy_value_t)> owner(made, mmdeploy_value_destroy);
    if (is_array()) {
      for (const Value &item : array())
        detail::check(mmdeploy_value_append(made, item.handle().get()));
    } else {
      for (const auto &[key, item] : object())
        detail::check(mmdeploy_value_set(made, key.c_str(), item.handle().get()));
    }
    return owner.release();
  }

  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object, Handle> data_;
};

}  // namespace cxx

using cxx::Value;

}  // namespace mmdeploy

#endif  // MMDEPLOY_VALUE_HPP
