// The devices as libtorch asks for them: a guard for the current one, with streams that are order only, and the hooks
// through which the CPU library finds CUDA.

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <array>

#include "counterfeit.h"
#include "order.h"

namespace counterfeit {
namespace {

thread_local c10::DeviceIndex selected = 0;
thread_local std::array<c10::StreamId, 16> streams{};

c10::DeviceIndex devices() { return static_cast<c10::DeviceIndex>(cards()); }

c10::Device cuda(c10::DeviceIndex device) { return {c10::DeviceType::CUDA, device}; }

void synchronize() {
  ++counts().host_reads;
  note("(synchronize)");
  wait();
}

// Who asks whether something is done finds that it is, and has not waited.
bool done() {
  wait();
  return true;
}

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return c10::DeviceType::CUDA; }

  c10::Device exchangeDevice(c10::Device device) const override {
    const c10::DeviceIndex before = selected;
    setDevice(device);
    return cuda(before);
  }

  c10::Device getDevice() const override { return cuda(selected); }

  void setDevice(c10::Device device) const override {
    TORCH_CHECK(device.is_cuda(), "Expected a CUDA device, but got ", device);
    select(device.index());
  }

  void uncheckedSetDevice(c10::Device device) const noexcept override { selected = device.index(); }

  c10::DeviceIndex deviceCount() const noexcept override { return devices(); }

  c10::Stream getStream(c10::Device device) const override { return stream(device, streams[index(device)]); }
  c10::Stream getDefaultStream(c10::Device device) const override { return stream(device, 0); }

  c10::Stream getNewStream(c10::Device device, int = 0) const override {
    static std::atomic<c10::StreamId> next{1};
    return stream(device, next++);
  }

  c10::Stream getStreamFromGlobalPool(c10::Device device, bool = false) const override { return getNewStream(device); }

  c10::Stream exchangeStream(c10::Stream given) const override {
    const c10::Stream before = getStream(given.device());
    streams[index(given.device())] = given.id();
    return before;
  }

  // An event is done when somebody asks.
  void record(void** event, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {
    if (*event == nullptr) *event = new char;
  }
  void destroyEvent(void* event, c10::DeviceIndex) const noexcept override { delete static_cast<char*>(event); }
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return done(); }
  double elapsedTime(void*, void*, c10::DeviceIndex) const override { return 0.0; }
  bool queryStream(const c10::Stream&) const override { return done(); }
  void synchronizeStream(const c10::Stream&) const override { synchronize(); }
  void synchronizeEvent(void*) const override { synchronize(); }
  void synchronizeDevice(c10::DeviceIndex) const override { synchronize(); }

 private:
  static size_t index(c10::Device device) { return device.has_index() ? device.index() : selected; }
  static c10::Stream stream(c10::Device device, c10::StreamId id) {
    return c10::Stream(c10::Stream::UNSAFE, cuda(static_cast<c10::DeviceIndex>(index(device))), id);
  }
};

C10_REGISTER_GUARD_IMPL(CUDA, Guard)

}  // namespace

c10::DeviceIndex current() { return selected; }

void select(c10::DeviceIndex device) {
  // -1 is the current one.
  if (device < 0) return;
  TORCH_CHECK(device < devices(), "CUDA error: invalid device ordinal");
  selected = device;
}

}  // namespace counterfeit

namespace at {

using namespace counterfeit;

// The registry looks for this very name in `at`.
struct CUDAHooks final : CUDAHooksInterface {
  explicit CUDAHooks(CUDAHooksArgs) {}

  void init() const override { TORCH_CHECK(deviceCount() > 0, "No CUDA GPUs are available"); }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return deviceCount() > 0; }
  bool hasCUDA() const override { return true; }
  bool hasPrimaryContext(DeviceIndex) const override { return true; }
  int getNumGPUs() const override { return deviceCount(); }
  DeviceIndex deviceCount() const override { return static_cast<DeviceIndex>(cards()); }
  DeviceIndex current_device() const override { return current(); }
  DeviceIndex getCurrentDevice() const override { return current(); }
  void setCurrentDevice(DeviceIndex device) const override { select(device); }

  DeviceIndex exchangeDevice(DeviceIndex device) const override {
    const DeviceIndex before = current();
    select(device);
    return before;
  }

  DeviceIndex maybeExchangeDevice(DeviceIndex device) const override { return exchangeDevice(device); }

  Device getDeviceFromPtr(void* address) const override {
    TORCH_CHECK(is_device_address(address), "The specified pointer resides on host memory and is not registered with any CUDA device.");
    return {kCUDA, device_of(address)};
  }

  bool isPinnedPtr(const void* address) const override { return is_pinned(address); }
  Allocator* getPinnedMemoryAllocator() const override { return pinned_memory(); }
  Allocator* getCUDADeviceAllocator() const override { return device_memory(); }

  // Random numbers are the CPU's.
  const Generator& getDefaultGenerator(DeviceIndex = -1) const override { return detail::getDefaultCPUGenerator(); }
  Generator getNewGenerator(DeviceIndex = -1) const override { return detail::createCPUGenerator(); }

  std::string showConfig() const override { return "counterfeit CUDA in host memory"; }
  void deviceSynchronize(DeviceIndex) const override { synchronize(); }
};

REGISTER_CUDA_HOOKS(CUDAHooks)

}  // namespace at
