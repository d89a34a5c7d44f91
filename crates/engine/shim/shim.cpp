// Foreach and fused operations, autocast with a choice of number format, and deterministic algorithms: what ATen has and
// tch does not expose.

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/util/env.h>

#include <vector>

#include "shim.h"

namespace {

std::vector<at::Tensor> list(at::Tensor* const* tensors, size_t count) {
  std::vector<at::Tensor> found;
  found.reserve(count);
  for (size_t index = 0; index < count; ++index) found.push_back(*tensors[index]);
  return found;
}

}  // namespace

// MKL, in which libtorch multiplies matrices, asks this function of its own who made the processor, and leaves AVX-512 and
// AVX2 unused unless it was Intel, whatever the processor can do. The linker prefers a program's function to a library's,
// so this answer holds: MKL then goes by what the processor can do. Two to three times the speed on AMD's.
extern "C" int mkl_serv_intel_cpu_true() { return 1; }

extern "C" void vitals_free(char* words) { std::free(words); }

// The norms of many tensors as one vector: one kernel on a GPU.
extern "C" char* vitals_norms(at::Tensor* const* tensors, size_t count, double order, at::Tensor** out) {
  return vitals_guarded([&] {
    const at::NoGradGuard guard;
    *out = new at::Tensor(at::stack(at::_foreach_norm(list(tensors, count), order)));
  });
}

// AdamW over one flat tensor: one kernel on a GPU. `update` counts from 1.
extern "C" char* vitals_fused_adamw(at::Tensor* weight, at::Tensor* gradient, at::Tensor* first, at::Tensor* second,
                                    double update, double learning_rate, double beta1, double beta2,
                                    double weight_decay, double epsilon) {
  return vitals_guarded([&] {
    const at::NoGradGuard guard;
    const at::Tensor step = at::full({}, update, weight->options());
    at::_fused_adamw_({*weight}, {*gradient}, {*first}, {*second}, {}, {step}, learning_rate, beta1, beta2, weight_decay,
                      epsilon, /*amsgrad=*/false, /*maximize=*/false);
  });
}

// From here on the process uses deterministic algorithms alone, and an operation that has none throws; or it may use any. What is fp32
// is fp32 in any case: TF32, which libtorch leaves on for convolutions, would round factors to ten bits.
extern "C" char* vitals_numerics(int on, int cuda) {
  return vitals_guarded([&] {
    at::Context& context = at::globalContext();
    context.setDeterministicAlgorithms(on, /*warn_only=*/false);
    context.setDeterministicCuDNN(on);
    // cuDNN's own choice goes by the clock: another one at each start.
    context.setBenchmarkCuDNN(!on);
    context.setAllowTF32CuBLAS(false);
    context.setAllowTF32CuDNN(false);
    // Memory that is about to be overwritten need not be filled first: that only helps to find uninitialised reads.
    context.setDeterministicFillUninitializedMemory(false);
    // cuBLAS adds in the same order only with workspaces of a fixed size, and reads this when its first handle is made.
    if (on && cuda) c10::utils::set_env("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/false);
  });
}

// Bytes of several places on a GPU, one after the other: one copy from page-locked memory, which runs while the host goes on. libtorch
// keeps that memory until the copy is done, and gives it to the next batch.
extern "C" char* vitals_uploaded(const VitalsBytes* parts, size_t count, int ordinal, at::Tensor** out) {
  return vitals_guarded([&] {
    size_t all = 0;
    for (size_t index = 0; index < count; ++index) all += parts[index].count;
    const auto options = at::TensorOptions(at::kByte).pinned_memory(true);
    const at::Tensor pinned = at::empty({static_cast<int64_t>(all)}, options);
    auto* to = static_cast<uint8_t*>(pinned.mutable_data_ptr());
    for (size_t index = 0; index < count; to += parts[index].count, ++index) {
      if (parts[index].count > 0) std::memcpy(to, parts[index].bytes, parts[index].count);
    }
    const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(ordinal));
    *out = new at::Tensor(pinned.to(device, at::kByte, /*non_blocking=*/true));
  });
}

// Bytes of a GPU that libtorch's allocator holds for this process.
extern "C" char* vitals_gpu_memory_held(int ordinal, int64_t* out) {
  return vitals_guarded([&] {
    // The first figure is that of all pools together.
    const auto index = static_cast<c10::DeviceIndex>(ordinal);
    *out = at::getDeviceAllocator(at::kCUDA)->getDeviceStats(index).reserved_bytes[0].current;
  });
}

// Begins autocast on one kind of device, in half precision or in bfloat16.
extern "C" char* vitals_autocast_begin(int cuda, int half) {
  return vitals_guarded([&] {
    const auto device = cuda ? at::kCUDA : at::kCPU;
    at::autocast::set_autocast_dtype(device, half ? at::kHalf : at::kBFloat16);
    at::autocast::set_autocast_enabled(device, true);
    at::autocast::increment_nesting();
  });
}

// Ends it; the copies of weights that it kept are dropped.
extern "C" char* vitals_autocast_end(int cuda) {
  return vitals_guarded([&] {
    at::autocast::set_autocast_enabled(cuda ? at::kCUDA : at::kCPU, false);
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  });
}
