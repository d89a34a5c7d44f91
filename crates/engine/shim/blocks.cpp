// Large blocks of host memory, kept by their size when a tensor goes. Training asks for the same sizes at every step; the C
// library splits and joins what is freed, and a step of 2.1 GB of tensors then held 3.5 GB. Holds at most a quarter more
// than was ever in use, and gives back what is idle before it fails.

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>

#include "shim.h"

namespace {

// Smaller blocks fit between others, and the C library is good at them.
constexpr size_t LEAST = size_t{1} << 20;

class Blocks final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    const c10::Device cpu(c10::DeviceType::CPU);
    void* block = bytes == 0 ? nullptr : bytes < LEAST ? c10::alloc_cpu(bytes) : large(bytes);
    return {block, block, bytes < LEAST ? &c10::free_cpu : &give_back, cpu};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }

  void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }

  static Blocks& instance() {
    // Never destroyed: tensors of other statics may outlive it.
    static Blocks* const blocks = new Blocks;
    return *blocks;
  }

 private:
  struct Idle {
    void* block;
    uint64_t since;
  };

  void* large(size_t bytes) {
    const std::lock_guard<std::mutex> guard(lock);
    void* block = nullptr;
    const auto found = idle.find(bytes);
    if (found != idle.end()) {
      block = found->second.block;
      idle.erase(found);
    } else {
      most = std::max(most, used + bytes);
      while (!idle.empty() && held + bytes > most + most / 4) drop_oldest();
      block = fresh(bytes);
      held += bytes;
    }
    sizes.emplace(block, bytes);
    used += bytes;
    most = std::max(most, used);
    return block;
  }

  void* fresh(size_t bytes) {
    try {
      return c10::alloc_cpu(bytes);
    } catch (...) {
      if (idle.empty()) throw;
    }
    while (!idle.empty()) drop_oldest();
    return c10::alloc_cpu(bytes);
  }

  void drop_oldest() {
    const auto oldest = std::min_element(idle.begin(), idle.end(), [](const auto& one, const auto& other) {
      return one.second.since < other.second.since;
    });
    c10::free_cpu(oldest->second.block);
    held -= oldest->first;
    idle.erase(oldest);
  }

  static void give_back(void* block) {
    Blocks& self = instance();
    const std::lock_guard<std::mutex> guard(self.lock);
    const auto found = self.sizes.find(block);
    if (found == self.sizes.end()) return c10::free_cpu(block);
    self.idle.emplace(found->second, Idle{block, self.clock++});
    self.used -= found->second;
    self.sizes.erase(found);
  }

  std::mutex lock;
  // By size; of those in use, the size by place.
  std::multimap<size_t, Idle> idle;
  std::unordered_map<void*, size_t> sizes;
  size_t used = 0, held = 0, most = 0;
  uint64_t clock = 0;
};

}  // namespace

// From here on tensors on the CPU take their memory from there.
extern "C" void vitals_keep_blocks() { c10::SetCPUAllocator(&Blocks::instance(), /*priority=*/1); }
