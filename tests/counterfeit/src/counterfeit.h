// The counterfeit CUDA: what libtorch's CPU library needs to believe in GPUs, in host memory, for tests only. It lets the
// shipped worker train on `cuda:N` where there is no GPU, refuses what a GPU would refuse (operands on two devices, a
// host that reads device memory, more memory than a card has), and counts what a step costs. It proves nothing about
// kernels, streams or speed: every operation runs the CPU's kernel, and is done when the call returns (but for copies that
// nobody waits for: `order.cpp`).
// `settings.h` says how it is told what to be.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/Storage.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "settings.h"

namespace counterfeit {

// What a program did, since the library was loaded.
struct Counts {
  // The host waited for a device: it read a number, copied to its own memory, or synchronised.
  std::atomic<uint64_t> host_reads{0};
  // Copies to page-locked memory that nobody waited for.
  std::atomic<uint64_t> async_reads{0};
  // Copies to a device for which the host waited, and those from page-locked memory for which it did not.
  std::atomic<uint64_t> uploads{0};
  std::atomic<uint64_t> async_uploads{0};
  std::atomic<uint64_t> uploaded_bytes{0};
  std::atomic<uint64_t> peer_copies{0};
  // Operations on device memory that are no views: about as many kernels as a GPU would start.
  std::atomic<uint64_t> launches{0};
  std::atomic<uint64_t> allocations{0};
};
Counts& counts();
// One more operation of this name, for those who look for what a step does.
void note(const std::string& operation);

// The device of this thread.
c10::DeviceIndex current();
void select(c10::DeviceIndex device);

// Device memory lies at addresses that no processor can read, so that a host that reads it dies here as it would there.
// `host` is where the bytes really are. The address bears the device's number.
void* host(const void* address);
bool is_device_address(const void* address);
c10::DeviceIndex device_of(const void* address);

// Takes what a CPU kernel made for memory of a device, as far as there is room.
c10::DataPtr adopt(const c10::Storage& made, c10::DeviceIndex device);
// Most bytes that tensors of this process held at once on a visible device, and now.
std::pair<int64_t, int64_t> held(c10::DeviceIndex device);
c10::Allocator* device_memory();
c10::Allocator* pinned_memory();
bool is_pinned(const void* address);

}  // namespace counterfeit
