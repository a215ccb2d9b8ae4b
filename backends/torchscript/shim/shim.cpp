// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/shim/shim.h"

#include <ATen/Parallel.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/cuda.h>
#include <torch/script.h>
#include <torch/version.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

struct ts_module_t {
  torch::jit::script::Module module;
  at::Device device = at::kCPU;
  std::string description;
  int32_t inputs = 0, outputs = 0;
};

namespace {

const char kDescription[] = "mmdeploy.json";

//===--- errors ------------------------------------------------------------===//

// What is wrong, in one line: a TorchScript traceback ends with it, other messages begin with it.
// Takes no memory, since that may be what is wrong.
void write_reason(const char *message, char *out, size_t capacity) {
  const char *mark = std::strstr(message, "Error: ");
  size_t size = 0;
  if (mark) message = mark + std::strlen("Error: ");
  for (; *message && size + 1 < capacity; ++message) {
    const bool is_space =
        *message == '\n' || *message == '\r' || *message == '\t' || *message == ' ';
    if (!is_space) {
      out[size++] = *message;
    } else if (size && out[size - 1] != ' ') {
      out[size++] = ' ';
    }
  }
  while (size && out[size - 1] == ' ') --size;
  out[size] = '\0';
  if (!size) std::snprintf(out, capacity, "libtorch gives no reason");
}

int32_t fail(ts_error_t *error, int32_t code, const char *message) {
  if (std::strstr(message, "Unknown builtin op")) code = MMDEPLOY_PLUGIN_NOT_SUPPORTED;
  if (std::strstr(message, "allocate memory")) code = MMDEPLOY_PLUGIN_OUT_OF_MEMORY;
  error->code = code;
  write_reason(message, error->text, 500);
  return code;
}

// Runs |body|; whatever it throws becomes a code.
template <typename Body>
int32_t guarded(ts_error_t *error, int32_t code, Body body) {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "out of memory");
  } catch (const c10::Error &e) {
    return fail(error, code, e.what_without_backtrace());
  } catch (const std::exception &e) {
    return fail(error, code, e.what());
  } catch (...) {
    return fail(error, code, "an unknown exception");
  }
}

//===--- element types -----------------------------------------------------===//

struct Type {
  int32_t ours;
  at::ScalarType torch;
};

const Type kTypes[] = {
    {MMDEPLOY_PLUGIN_F32, at::kFloat},  {MMDEPLOY_PLUGIN_U8, at::kByte},
    {MMDEPLOY_PLUGIN_I8, at::kChar},    {MMDEPLOY_PLUGIN_I16, at::kShort},
    {MMDEPLOY_PLUGIN_I32, at::kInt},    {MMDEPLOY_PLUGIN_I64, at::kLong},
    {MMDEPLOY_PLUGIN_BOOL, at::kBool},  {MMDEPLOY_PLUGIN_F16, at::kHalf},
    {MMDEPLOY_PLUGIN_F64, at::kDouble}, {MMDEPLOY_PLUGIN_BF16, at::kBFloat16},
};

at::ScalarType torch_type(int32_t dtype) {
  for (const Type &type : kTypes) {
    if (type.ours == dtype) return type.torch;
  }
  throw std::runtime_error("element type " + std::to_string(dtype) + " is not supported");
}

int32_t our_type(at::ScalarType scalar) {
  for (const Type &type : kTypes) {
    if (type.torch == scalar) return type.ours;
  }
  throw std::runtime_error(std::string("element type ") + c10::toString(scalar) +
                           " of a result is not supported");
}

//===--- loading -----------------------------------------------------------===//

// Bytes in memory as libtorch reads files.
class MemoryReader : public caffe2::serialize::ReadAdapterInterface {
 public:
  MemoryReader(const void *data, size_t size)
      : data_(static_cast<const char *>(data)), size_(size) {}
  size_t size() const override { return size_; }
  size_t read(uint64_t place, void *buffer, size_t count, const char *) const override {
    if (place >= size_) return 0;
    const size_t left = size_ - static_cast<size_t>(place);
    const size_t part = count < left ? count : left;
    std::memcpy(buffer, data_ + place, part);
    return part;
  }

 private:
  const char *data_;
  size_t size_;
};

// Tensors that a result of this type holds, or -1.
int32_t count_tensors(const c10::TypePtr &type) {
  if (type->kind() == c10::TypeKind::TensorType) return 1;
  const auto tuple = type->cast<c10::TupleType>();
  if (!tuple) return -1;
  int32_t sum = 0;
  for (const auto &element : tuple->elements()) {
    const int32_t count = count_tensors(element);
    if (count < 0) return -1;
    sum += count;
  }
  return sum;
}

// libtorch takes sizes and strides of a file's tensors as they are, also where they leave what is
// stored.
bool is_within_storage(const at::Tensor &tensor) {
  if (!tensor.defined() || tensor.layout() != at::kStrided || !tensor.has_storage()) return true;
  uint64_t last = 0, step;
  bool is_bad = tensor.storage_offset() < 0, is_empty = false;
  for (int64_t i = 0; i < tensor.dim(); ++i) {
    if (tensor.size(i) < 0 || tensor.stride(i) < 0) return false;
    if (tensor.size(i) == 0) {
      is_empty = true;
      continue;
    }
    is_bad |= __builtin_mul_overflow(static_cast<uint64_t>(tensor.size(i) - 1),
                                     static_cast<uint64_t>(tensor.stride(i)), &step);
    is_bad |= __builtin_add_overflow(last, step, &last);
  }
  is_bad |= __builtin_add_overflow(last, static_cast<uint64_t>(tensor.storage_offset()), &last);
  return is_empty || (!is_bad && last < tensor.storage().nbytes() / tensor.itemsize());
}

void check_value(const c10::IValue &value) {
  value.visit([](const c10::IValue &part) {
    if (part.isTensor() && !is_within_storage(part.toTensor()))
      throw std::runtime_error("a tensor is larger than what is stored of it");
    return false;
  });
}

void check_block(const torch::jit::Block *block) {
  for (const torch::jit::Node *node : block->nodes()) {
    for (const torch::jit::Block *inner : node->blocks()) check_block(inner);
    if (node->kind() != c10::prim::Constant) continue;
    const auto constant = torch::jit::toIValue(node->output());
    if (constant) check_value(*constant);
  }
}

// Tensors that the module holds, and those that its code names.
void check_tensors(const torch::jit::script::Module &module) {
  check_value(module._ivalue());
  for (torch::jit::Function *function : module._ivalue()->compilation_unit()->get_functions()) {
    if (!function->isGraphFunction()) continue;
    function->ensure_defined();
    check_block(torch::jit::toGraphFunction(*function).graph()->block());
  }
}

void load(ts_module_t *holder, const void *data, size_t size) {
  torch::jit::ExtraFilesMap extra{{kDescription, ""}};
  holder->module =
      torch::jit::load(std::make_unique<MemoryReader>(data, size), holder->device, extra);
  holder->description = extra[kDescription];
  check_tensors(holder->module);
  holder->module.eval();
  const auto &schema = holder->module.get_method("forward").function().getSchema();
  holder->inputs = static_cast<int32_t>(schema.arguments().size()) - 1;  // without self
  holder->outputs = schema.returns().size() == 1 ? count_tensors(schema.returns()[0].type()) : -1;
}

//===--- runs --------------------------------------------------------------===//

at::Tensor wrap(const ts_tensor_t &tensor, at::Device device) {
  static char nothing[16];
  const std::vector<int64_t> dims(tensor.dims, tensor.dims + tensor.rank);
  void *data = tensor.data ? tensor.data : nothing;
  const at::Tensor view = torch::from_blob(data, dims, at::TensorOptions(torch_type(tensor.dtype)));
  return device.is_cpu() ? view : view.to(device);
}

void flatten(const c10::IValue &value, std::vector<at::Tensor> &out) {
  if (value.isTensor()) {
    out.push_back(value.toTensor());
  } else if (value.isTuple()) {
    for (const auto &item : value.toTupleRef().elements()) flatten(item, out);
  } else if (value.isTensorList()) {
    for (const at::Tensor &item : value.toTensorVector()) out.push_back(item);
  } else if (value.isList()) {
    for (const c10::IValue &item : value.toListRef()) flatten(item, out);
  } else if (value.isGenericDict()) {
    for (const auto &item : value.toGenericDict()) flatten(item.value(), out);
  } else {
    throw std::runtime_error("a result of type " + value.tagKind() + " is not supported");
  }
}

// Packed host memory that is neither the caller's nor the module's.
at::Tensor own(const at::Tensor &tensor, const ts_tensor_t *inputs, size_t input_count) {
  const at::Tensor packed = tensor.to(at::kCPU).contiguous();
  const char *base = static_cast<const char *>(packed.data_ptr());
  for (size_t i = 0; i < input_count; ++i) {
    const char *begin = static_cast<const char *>(inputs[i].data);
    if (base >= begin && base < begin + inputs[i].byte_size) return packed.clone();
  }
  return packed;
}

void describe(const at::Tensor &tensor, ts_tensor_t *out) {
  if (tensor.dim() > TS_SHIM_MAX_RANK) throw std::runtime_error("a result has too many dimensions");
  out->dtype = our_type(tensor.scalar_type());
  out->rank = static_cast<int32_t>(tensor.dim());
  for (int32_t i = 0; i < out->rank; ++i) out->dims[i] = tensor.size(i);
  out->byte_size = tensor.nbytes();
  auto holder = std::make_unique<at::Tensor>(tensor);
  out->data = holder->data_ptr();
  out->owner = holder.release();
}

void give(const std::vector<at::Tensor> &results, const ts_tensor_t *inputs, size_t input_count,
          ts_tensor_t *outputs) {
  size_t done = 0;
  try {
    for (; done < results.size(); ++done)
      describe(own(results[done], inputs, input_count), &outputs[done]);
  } catch (...) {
    while (done--) ts_shim_release(outputs[done].owner);
    throw;
  }
}

void run(ts_module_t *holder, const ts_tensor_t *inputs, size_t input_count, ts_tensor_t *outputs,
         size_t output_count) {
  std::vector<c10::IValue> arguments;
  std::vector<at::Tensor> results;
  for (size_t i = 0; i < input_count; ++i) arguments.emplace_back(wrap(inputs[i], holder->device));
  flatten(holder->module.forward(std::move(arguments)), results);
  if (results.size() != output_count) {
    throw std::runtime_error(std::to_string(results.size()) + " results, " +
                             std::to_string(output_count) + " are expected");
  }
  give(results, inputs, input_count, outputs);
}

}  // namespace

//===--- the C functions ---------------------------------------------------===//

uint32_t ts_shim_abi_version(void) {
  return TS_SHIM_ABI_VERSION;
}

const char *ts_shim_version(void) {
  return TORCH_VERSION;
}

int32_t ts_shim_cuda_count(void) {
  ts_error_t error;
  return guarded(&error, 0, [] { return static_cast<int32_t>(torch::cuda::device_count()); });
}

int32_t ts_shim_load(const void *data, size_t size, const char *device, int32_t device_id,
                     ts_module_t **out_module, ts_error_t *error) {
  *out_module = nullptr;
  return guarded(error, MMDEPLOY_PLUGIN_CORRUPT, [&] {
    auto holder = std::make_unique<ts_module_t>();
    if (std::strcmp(device, "cpu") != 0)
      holder->device = at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device_id));
    load(holder.get(), data, size);
    *out_module = holder.release();
    return static_cast<int32_t>(MMDEPLOY_PLUGIN_OK);
  });
}

void ts_shim_destroy(ts_module_t *module) {
  delete module;
}

const char *ts_shim_description(const ts_module_t *module) {
  return module->description.c_str();
}

int32_t ts_shim_input_count(const ts_module_t *module) {
  return module->inputs;
}

int32_t ts_shim_output_count(const ts_module_t *module) {
  return module->outputs;
}

int32_t ts_shim_run(ts_module_t *module, int32_t threads, int32_t optimize,
                    const ts_tensor_t *inputs, size_t input_count, ts_tensor_t *outputs,
                    size_t output_count, ts_error_t *error) {
  return guarded(error, MMDEPLOY_PLUGIN_INVALID_ARGUMENT, [&] {
    const c10::InferenceMode inference;
    const torch::jit::GraphOptimizerEnabledGuard optimizer(optimize != 0);
    if (threads > 0 && at::get_num_threads() != threads) at::set_num_threads(threads);
    run(module, inputs, input_count, outputs, output_count);
    return static_cast<int32_t>(MMDEPLOY_PLUGIN_OK);
  });
}

void ts_shim_release(void *owner) {
  delete static_cast<at::Tensor *>(owner);
}
