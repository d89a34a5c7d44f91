// Every operation on the CUDA key: the few that must know devices, fused attention as CUDA chooses it, and one fallback for
// all others.

#include <ATen/EmptyTensor.h>
#include <ATen/SDPBackend.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/native/transformers/attention.h>
#include <ATen/ops/_local_scalar_dense.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <torch/library.h>

#include <set>

#include "call.h"
#include "counterfeit.h"
#include "order.h"

namespace counterfeit {
namespace {

using at::Tensor;
using torch::jit::Stack;

void launched(const std::string& name) {
  ++counts().launches;
  note(name);
}

// CUDA's kernels for these end with a wait: the host must know how much there is, or the answer itself.
const std::set<std::string> WAITING = {"aten::equal", "aten::nonzero", "aten::masked_select", "aten::_unique2",
                                       "aten::unique_dim", "aten::unique_consecutive", "aten::bincount"};
// These take indices from the host.
const std::set<std::string> INDEXING = {"aten::index", "aten::_index_put_impl_", "aten::index_put_"};

// Names of operations by elements: CUDA's kernels take tensors without dimensions from the host as arguments.
bool is_pointwise(const std::string& name) {
  static const auto* const names = [] {
    auto* const found = new std::set<std::string>;
    auto& dispatcher = c10::Dispatcher::singleton();
    for (const auto& operation : dispatcher.getAllOpNames()) {
      const auto handle = dispatcher.findOp(operation);
      if (handle && handle->hasSchema() && handle->hasTag(at::Tag::pointwise)) found->insert(operation.name);
    }
    return found;
  }();
  return names->count(name) > 0 || name == "aten::_fused_adamw_" || name == "aten::_fused_adam_";
}

template <typename Change>
c10::IValue changed(const c10::IValue& value, Change change) {
  if (value.isTensor()) return change(value.toTensor());
  if (value.isTensorList()) {
    c10::List<Tensor> found;
    for (const Tensor& tensor : value.toTensorVector()) found.push_back(change(tensor));
    return found;
  }
  if (value.isOptionalTensorList()) {
    c10::List<std::optional<Tensor>> found;
    for (const std::optional<Tensor>& tensor : value.toOptionalTensorVector()) {
      found.push_back(tensor ? std::optional<Tensor>(change(*tensor)) : std::nullopt);
    }
    return found;
  }
  return value;
}

// CUDA's softmax takes half precision and gives float, and back, in one kernel; the CPU's needs one format.
class OneFormat {
 public:
  OneFormat(const std::string& name, c10::IValue* arguments, size_t count) {
    const bool is_forward = name == "aten::_softmax" || name == "aten::_log_softmax";
    const bool is_backward = name == "aten::_softmax_backward_data" || name == "aten::_log_softmax_backward_data";
    if (is_forward && arguments[2].toBool()) {
      arguments[0] = arguments[0].toTensor().to(at::kFloat);
      arguments[2] = false;
    } else if (is_backward && count == 5 &&
               arguments[4].toTensor().scalar_type() != arguments[0].toTensor().scalar_type()) {
      half = arguments[4].toTensor();
      arguments[3] = static_cast<int64_t>(at::kFloat);
      arguments[4] = full = half.to(at::kFloat);
    }
  }

  void restore(c10::IValue* results) const {
    if (!half.defined()) return;
    half.copy_(full);
    results[0] = half;
  }

 private:
  Tensor half, full;
};

bool is_view(const c10::FunctionSchema& schema) {
  const auto& returns = schema.returns();
  return !returns.empty() && returns[0].alias_info() != nullptr && !returns[0].alias_info()->isWrite();
}

void on_the_cpu(const c10::OperatorHandle& operation, Stack* stack) {
  const auto& schema = operation.schema();
  const std::string& name = schema.name();
  const size_t arguments = schema.arguments().size(), first = stack->size() - arguments;
  Call call(name.substr(name.find(':') + 2), is_pointwise(name));
  for (size_t index = 0; index < arguments; ++index) {
    const c10::IValue& value = (*stack)[first + index];
    const bool from_anywhere = INDEXING.count(name) > 0 && value.isOptionalTensorList();
    if (value.isDevice() && value.toDevice().is_cuda()) {
      call.stand_on(value.toDevice());
      (*stack)[first + index] = c10::Device(c10::kCPU);
    } else if (!from_anywhere) {
      changed(value, [&](const Tensor& tensor) {
        call.see(tensor, schema.arguments()[index].name());
        return tensor;
      });
    }
  }
  for (size_t index = 0; index < arguments; ++index) {
    c10::IValue& value = (*stack)[first + index];
    value = changed(value, [&](const Tensor& tensor) { return call.alias(tensor); });
  }
  if (WAITING.count(name) > 0) {
    ++counts().host_reads;
    wait();
  }
  if (!is_view(schema)) launched(name);
  {
    const BelowAll below;
    const OneFormat format(name, stack->data() + first, arguments);
    operation.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
    format.restore(stack->data() + first);
  }
  // The results have taken the arguments' place.
  for (size_t index = first; index < stack->size(); ++index) {
    c10::IValue& value = (*stack)[index];
    value = changed(value, [&](const Tensor& tensor) { return call.give(tensor); });
  }
  call.settle();
}

// Memory of a device.

c10::Device standing(std::optional<c10::Device> device, std::optional<bool> pinned) {
  TORCH_CHECK(!pinned.value_or(false), "Only dense CPU tensors can be pinned");
  return {c10::kCUDA, device && device->has_index() ? device->index() : current()};
}

Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> kind, std::optional<at::Layout>,
             std::optional<at::Device> device, std::optional<bool> pinned, std::optional<at::MemoryFormat> format) {
  const c10::DeviceGuard guard(standing(device, pinned));
  const c10::DispatchKeySet keys(c10::DispatchKey::CUDA);
  return at::detail::empty_generic(size, device_memory(), keys, c10::dtype_or_default(kind), format);
}

Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride, std::optional<at::ScalarType> kind,
                     std::optional<at::Layout>, std::optional<at::Device> device, std::optional<bool> pinned) {
  const c10::DeviceGuard guard(standing(device, pinned));
  const c10::DispatchKeySet keys(c10::DispatchKey::CUDA);
  return at::detail::empty_strided_generic(size, stride, device_memory(), keys, c10::dtype_or_default(kind));
}

// How a copy crosses, and what it costs the host: only between page-locked memory and a device does nobody wait.
enum class Way { within, down, up };

Way way(const Tensor& to, const Tensor& from) {
  if (to.is_cuda() && from.is_cuda()) return Way::within;
  return to.is_cuda() ? Way::up : Way::down;
}

Tensor& copy(Tensor& to, const Tensor& from, bool non_blocking) {
  if (to.is_same(from)) return to;
  const Way crosses = way(to, from);
  const Tensor& of_host = crosses == Way::up ? from : to;
  const bool waits = crosses != Way::within && !(non_blocking && is_pinned(of_host.storage().data()));
  if (crosses == Way::within) {
    if (to.device() != from.device()) ++counts().peer_copies;
    launched("aten::copy_");
  } else if (crosses == Way::down) {
    ++(waits ? counts().host_reads : counts().async_reads);
    note(waits ? "(copy to host)" : "(copy to host, nobody waits)");
  } else {
    ++(waits ? counts().uploads : counts().async_uploads);
    counts().uploaded_bytes += from.nbytes();
    note(waits ? "(copy to device)" : "(copy to device, nobody waits)");
  }
  if (waits) wait();
  // Each side for itself: copies cross devices.
  Call target("copy_", false), source("copy_", false);
  Tensor target_alias = target.alias(to);
  const Tensor source_alias = source.alias(from);
  const BelowAll below;
  target_alias.copy_(source_alias);
  if (!waits && crosses == Way::down) download_later(target_alias);
  if (!waits && crosses == Way::up) upload_later(source_alias);
  return to;
}

at::Scalar read(const Tensor& number) {
  ++counts().host_reads;
  note("aten::_local_scalar_dense");
  wait();
  Call call("_local_scalar_dense", false);
  const BelowAll below;
  return at::_local_scalar_dense(call.alias(number));
}

// Attention. CUDA takes flash attention in half precision and its memory-efficient kernel otherwise, and neither keeps the
// matrix of weights; the CPU's flash attention stands for both.

int64_t choose_attention(const Tensor& query, const Tensor& key, const Tensor& value, const std::optional<Tensor>& mask,
                         double, bool, std::optional<double>, bool) {
  bool is_plain = !(mask && mask->defined()) && query.scalar_type() != at::kDouble;
  for (const Tensor* tensor : {&query, &key, &value}) {
    is_plain = is_plain && tensor->dim() == 4 && tensor->size(-1) % 8 == 0 && tensor->stride(-1) == 1;
  }
  const auto chosen = !is_plain                              ? at::SDPBackend::math
                      : query.scalar_type() == at::kFloat ? at::SDPBackend::efficient_attention
                                                             : at::SDPBackend::flash_attention;
  return static_cast<int64_t>(chosen);
}

std::pair<Tensor, Tensor> attend(const char* name, const Tensor& query, const Tensor& key, const Tensor& value,
                                 double dropout, bool is_causal, std::optional<double> scale) {
  Call call(name, false);
  call.see(query, "query");
  call.see(key, "key");
  call.see(value, "value");
  launched(std::string("aten::") + name);
  const BelowAll below;
  auto [output, sums] = at::_scaled_dot_product_flash_attention_for_cpu(
      call.alias(query), call.alias(key), call.alias(value), dropout, is_causal, std::nullopt, scale);
  return {call.give(output), call.give(sums)};
}

std::tuple<Tensor, Tensor, Tensor> attend_back(const char* name, const Tensor& gradient, const Tensor& query,
                                               const Tensor& key, const Tensor& value, const Tensor& output,
                                               const Tensor& sums, double dropout, bool is_causal,
                                               std::optional<double> scale) {
  Call call(name, false);
  for (const Tensor* tensor : {&gradient, &query, &key, &value, &output, &sums}) call.see(*tensor, "an operand");
  launched(std::string("aten::") + name);
  const BelowAll below;
  auto [first, second, third] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
      call.alias(gradient), call.alias(query), call.alias(key), call.alias(value), call.alias(output),
      call.alias(sums), dropout, is_causal, std::nullopt, scale);
  return {call.give(first), call.give(second), call.give(third)};
}

std::tuple<Tensor, Tensor, Tensor, Tensor, c10::SymInt, c10::SymInt, Tensor, Tensor, Tensor> flash(
    const Tensor& query, const Tensor& key, const Tensor& value, double dropout, bool is_causal, bool,
    std::optional<double> scale) {
  auto [output, sums] = attend("_scaled_dot_product_flash_attention", query, key, value, dropout, is_causal, scale);
  return {output, sums, Tensor(), Tensor(), query.size(2), key.size(2), Tensor(), Tensor(), Tensor()};
}

std::tuple<Tensor, Tensor, Tensor> flash_back(const Tensor& gradient, const Tensor& query, const Tensor& key,
                                              const Tensor& value, const Tensor& output, const Tensor& sums,
                                              const Tensor&, const Tensor&, c10::SymInt, c10::SymInt, double dropout,
                                              bool is_causal, const Tensor&, const Tensor&, std::optional<double> scale) {
  return attend_back("_scaled_dot_product_flash_attention_backward", gradient, query, key, value, output, sums, dropout,
                     is_causal, scale);
}

std::tuple<Tensor, Tensor, Tensor, Tensor> efficient(const Tensor& query, const Tensor& key, const Tensor& value,
                                                     const std::optional<Tensor>&, bool, double dropout, bool is_causal,
                                                     std::optional<double> scale) {
  auto [output, sums] = attend("_scaled_dot_product_efficient_attention", query, key, value, dropout, is_causal, scale);
  return {output, sums, Tensor(), Tensor()};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> efficient_back(const Tensor& gradient, const Tensor& query, const Tensor& key,
                                                          const Tensor& value, const Tensor&, const Tensor& output,
                                                          const Tensor& sums, const Tensor&, const Tensor&,
                                                          double dropout, std::array<bool, 4>, bool is_causal,
                                                          std::optional<double> scale) {
  auto [first, second, third] = attend_back("_scaled_dot_product_efficient_attention_backward", gradient, query, key,
                                            value, output, sums, dropout, is_causal, scale);
  return {first, second, third, Tensor()};
}

// What libtorch puts together from other operations unless a device has a kernel of its own, as CUDA has: these, and all that
// works on lists of tensors.
std::vector<std::string> own_kernels() {
  std::vector<std::string> found = {"convolution", "convolution_backward", "native_layer_norm", "native_group_norm", "addr"};
  for (const auto& operation : c10::Dispatcher::singleton().getAllOpNames()) {
    if (operation.name.rfind("aten::_foreach_", 0) != 0) continue;
    const std::string overload = operation.overload_name.empty() ? "" : "." + operation.overload_name;
    found.push_back(operation.name.substr(6) + overload);
  }
  return found;
}

TORCH_LIBRARY_IMPL(_, CUDA, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&on_the_cpu>()); }

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl("empty.memory_format", &empty);
  m.impl("empty_strided", &empty_strided);
  m.impl("copy_", &copy);
  m.impl("_local_scalar_dense", &read);
  m.impl("_scaled_dot_product_flash_attention", &flash);
  m.impl("_scaled_dot_product_flash_attention_backward", &flash_back);
  m.impl("_scaled_dot_product_efficient_attention", &efficient);
  m.impl("_scaled_dot_product_efficient_attention_backward", &efficient_back);
  for (const std::string& name : own_kernels()) {
    m.impl(name.c_str(), torch::CppFunction::makeFromBoxedFunction<&on_the_cpu>());
  }
  at::native::_fused_sdp_choice_stub.set_cuda_dispatch_ptr(&choose_attention);
}

}  // namespace
}  // namespace counterfeit
