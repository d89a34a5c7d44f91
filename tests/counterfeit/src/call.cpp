// How an operand of a device becomes one of the CPU over the same bytes, and a result one of the device. It calls no kernel,
// and refuses operands on two devices in CUDA's words.

#include "call.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/CPUAllocator.h>

#include "counterfeit.h"

namespace counterfeit {

namespace {

c10::intrusive_ptr<c10::TensorImpl> made(const c10::Storage& storage, c10::DispatchKey key, const at::Tensor& like) {
  auto impl = c10::make_intrusive<c10::TensorImpl>(c10::Storage(storage), c10::DispatchKeySet(key), like.dtype());
  impl->set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
  return impl;
}

}  // namespace

void Call::see(const at::Tensor& operand, const std::string& argument) {
  if (!operand.defined()) return;
  const bool is_scalar = operand.is_cpu() && operand.dim() == 0 && scalars_from_host;
  if (is_scalar) return;
  if (operand.is_cuda() && !place) place = operand.device();
  if (operand.is_cuda() && operand.device() == *place && !misplaced) return;
  if (!operand.is_cuda() && !place) {
    // The device is not known yet.
    if (!misplaced) misplaced = c10::str(argument, " is on ", operand.device());
    return;
  }
  if (!misplaced) misplaced = c10::str(argument, " is on ", operand.device());
  TORCH_CHECK(false, "Expected all tensors to be on the same device, but got ", *misplaced,
              ", different from other tensors on ", *place, " (when checking argument in method wrapper_CUDA_", name, ")");
}

at::Tensor Call::alias(const at::Tensor& operand) {
  if (!operand.defined() || !operand.is_cuda()) return operand;
  for (const auto& [device, cpu] : operands) {
    if (device.is_same(operand)) return cpu;
  }
  c10::Storage cpu;
  for (const auto& twins : storages) {
    if (twins.device.is_alias_of(operand.storage())) cpu = twins.cpu;
  }
  if (!cpu) {
    const c10::Storage& device = operand.storage();
    void* const bytes = host(device.data());
    cpu = c10::Storage(c10::Storage::use_byte_size_t(), device.nbytes(), c10::DataPtr(bytes, c10::kCPU),
                       c10::GetCPUAllocator(), /*resizable=*/true);
    storages.push_back({device, cpu});
  }
  at::Tensor alias(made(cpu, c10::DispatchKey::CPU, operand));
  operands.emplace_back(operand, alias);
  return alias;
}

at::Tensor Call::on_device(const c10::Storage& storage, const at::Tensor& like) const {
  return at::Tensor(made(storage, c10::DispatchKey::CUDA, like));
}

at::Tensor Call::give(const at::Tensor& result) {
  if (!result.defined() || !result.is_cpu()) return result;
  for (const auto& [device, cpu] : operands) {
    if (cpu.is_same(result)) return device;
  }
  for (const auto& twins : storages) {
    if (twins.cpu.is_alias_of(result.storage())) return on_device(twins.device, result);
  }
  const c10::Storage& cpu = result.storage();
  const c10::DeviceIndex index = place ? place->index() : current();
  c10::Storage device(c10::Storage::use_byte_size_t(), cpu.nbytes(), adopt(cpu, index), device_memory(), true);
  storages.push_back({device, cpu});
  return on_device(device, result);
}

void Call::settle() {
  for (auto& [device, cpu] : storages) {
    const bool has_moved = cpu.data() != host(device.data()) || cpu.nbytes() != device.nbytes();
    if (!has_moved) continue;
    device.set_data_ptr_noswap(adopt(cpu, device.device().index()));
    device.set_nbytes(cpu.nbytes());
  }
  for (auto& [device, cpu] : operands) {
    const bool is_same = device.sizes() == cpu.sizes() && device.strides() == cpu.strides() &&
                         device.storage_offset() == cpu.storage_offset();
    if (is_same) continue;
    device.unsafeGetTensorImpl()->set_sizes_and_strides(cpu.sizes(), cpu.strides(), cpu.storage_offset());
  }
}

struct BelowAll::Guards {
  at::AutoDispatchBelowADInplaceOrView autograd;
  c10::impl::ExcludeDispatchKeyGuard autocast{c10::autocast_dispatch_keyset};
};

BelowAll::BelowAll() : guards(new Guards) {}
BelowAll::~BelowAll() { delete guards; }

}  // namespace counterfeit
