// Memory of the cards: the host's, counted as CUDA's caching allocator counts it, up to what a card has.

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/alloc_cpu.h>

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

#include "counterfeit.h"

namespace counterfeit {
namespace {

using c10::CachingDeviceAllocator::DeviceStats;

// Programs get no address of 48 bits or more unless they ask for one. This bit says that it is a device's, those from 48 on
// which one's.
constexpr uintptr_t MARK = uintptr_t{1} << 54;
constexpr int DEVICE_SHIFT = 48;
constexpr uintptr_t ADDRESS = (uintptr_t{1} << DEVICE_SHIFT) - 1;
// The allocator's grains: of blocks, and of what it takes from the card.
constexpr size_t BLOCK = 512, SEGMENT = size_t{2} << 20;
constexpr int CARDS = 8, PROCESSES = 64;

size_t rounded(size_t bytes, size_t grain) { return (bytes + grain - 1) / grain * grain; }

void* marked(void* address, c10::DeviceIndex device) {
  if (address == nullptr) return nullptr;
  return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(address) | MARK | uintptr_t(device) << DEVICE_SHIFT);
}

// What each living process has taken of each card, in a file that they map.
struct Taken {
  struct Process {
    std::atomic<int32_t> pid;
    std::atomic<int64_t> bytes[CARDS];
  } processes[PROCESSES];
};

Taken::Process* own_row(Taken* taken) {
  const int32_t me = getpid();
  for (auto& process : taken->processes) {
    int32_t pid = process.pid.load();
    // An earlier process may have had our number.
    const bool free = pid == 0 || pid == me || (kill(pid, 0) != 0 && errno == ESRCH);
    if (free && process.pid.compare_exchange_strong(pid, me)) {
      for (auto& bytes : process.bytes) bytes = 0;
      return &process;
    }
  }
  return nullptr;
}

Taken* shared() {
  static Taken* const taken = [] {
    const std::string& name = settings().card;
    if (name.empty()) return new Taken{};
    const int file = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    TORCH_CHECK(file >= 0 && ftruncate(file, sizeof(Taken)) == 0, "no shared card at ", name);
    void* const place = mmap(nullptr, sizeof(Taken), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    TORCH_CHECK(place != MAP_FAILED, "no shared card at ", name);
    return static_cast<Taken*>(place);
  }();
  return taken;
}

class Memory final : public c10::DeviceAllocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    const c10::DeviceIndex device = current();
    charge(device, bytes);
    void* place = nullptr;
    if (bytes > 0) {
      place = std::aligned_alloc(64, rounded(bytes, 64));
      TORCH_CHECK_WITH(OutOfMemoryError, place != nullptr, "the host has no memory for the counterfeit card");
      // A card's memory holds what was there before; these bits are no number in any format.
      std::memset(place, 0xff, bytes);
    }
    auto* const block = new Block{{}, place, bytes, device};
    return {marked(place, device), block, &give_back, c10::Device(c10::DeviceType::CUDA, device)};
  }

  c10::DataPtr adopt(const c10::Storage& made, c10::DeviceIndex device) {
    charge(device, made.nbytes());
    auto* const block = new Block{made, nullptr, made.nbytes(), device};
    void* const place = marked(const_cast<void*>(made.data()), device);
    return {place, block, &give_back, c10::Device(c10::DeviceType::CUDA, device)};
  }

  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(host(to), host(from), bytes); }
  bool initialized() override { return true; }
  void recordStream(const c10::DataPtr&, c10::Stream) override {}

  void emptyCache(c10::MempoolId_t = {0, 0}) override {
    const std::lock_guard<std::mutex> guard(lock);
    for (size_t device = 0; device < settings().visible.size(); ++device) {
      auto& stats = all[device];
      const int64_t kept = rounded(stats.allocated_bytes[0].current, SEGMENT);
      stats.reserved_bytes[0].decrease(stats.reserved_bytes[0].current - kept);
      publish(device);
    }
  }

  DeviceStats getDeviceStats(c10::DeviceIndex device) override {
    const std::lock_guard<std::mutex> guard(lock);
    return all[device];
  }

  void resetAccumulatedStats(c10::DeviceIndex device) override {
    const std::lock_guard<std::mutex> guard(lock);
    each(device, [](auto& stat) { stat.reset_accumulated(); });
  }

  void resetPeakStats(c10::DeviceIndex device) override {
    const std::lock_guard<std::mutex> guard(lock);
    each(device, [](auto& stat) { stat.reset_peak(); });
  }

  std::pair<size_t, size_t> getMemoryInfo(c10::DeviceIndex device) override {
    const std::lock_guard<std::mutex> guard(lock);
    const int64_t free = room(device) - all[device].reserved_bytes[0].current;
    return {free > 0 ? free : 0, settings().memory};
  }

  static Memory& instance() {
    // Never destroyed: tensors of other statics may outlive it.
    static Memory* const memory = new Memory;
    return *memory;
  }

 private:
  struct Block {
    // One of both holds the bytes.
    c10::Storage made;
    void* place;
    size_t bytes;
    c10::DeviceIndex device;
  };

  template <typename Change>
  void each(c10::DeviceIndex device, Change change) {
    auto& stats = all[device];
    for (auto* stat : {&stats.allocation, &stats.allocated_bytes, &stats.active_bytes, &stats.reserved_bytes,
                       &stats.requested_bytes}) {
      change((*stat)[0]);
    }
  }

  // What this process may have of a card.
  int64_t room(c10::DeviceIndex device) {
    int64_t left = settings().memory;
    const int card = settings().visible.at(device);
    for (auto& process : shared()->processes) {
      const int32_t pid = process.pid.load();
      const bool lives = pid != 0 && pid != getpid() && (kill(pid, 0) == 0 || errno != ESRCH);
      if (lives) left -= process.bytes[card].load();
    }
    return left;
  }

  void publish(size_t device) {
    if (row == nullptr) row = own_row(shared());
    if (row != nullptr) row->bytes[settings().visible.at(device)] = all[device].reserved_bytes[0].current;
  }

  void charge(c10::DeviceIndex device, size_t bytes) {
    const int64_t number = ++counts().allocations;
    if (bytes == 0) return;
    const std::lock_guard<std::mutex> guard(lock);
    auto& stats = all[device];
    const int64_t wanted = stats.allocated_bytes[0].current + rounded(bytes, BLOCK), mine = room(device);
    if (number == settings().fail_at || wanted > mine) {
      ++stats.num_ooms;
      using c10::CachingAllocator::format_size;
      const int64_t held = stats.allocated_bytes[0].current, idle = stats.reserved_bytes[0].current - held;
      TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate ", format_size(bytes), ". GPU ",
                       int(device), " has a total capacity of ", format_size(settings().memory), " of which ",
                       format_size(std::max<int64_t>(mine - held - idle, 0)), " is free. Of the allocated memory ",
                       format_size(held), " is allocated by PyTorch, and ", format_size(idle),
                       " is reserved by PyTorch but unallocated.");
    }
    stats.allocation[0].increase(1);
    stats.requested_bytes[0].increase(bytes);
    stats.allocated_bytes[0].increase(rounded(bytes, BLOCK));
    stats.active_bytes[0].increase(rounded(bytes, BLOCK));
    if (wanted > stats.reserved_bytes[0].current) {
      const int64_t segments = std::min<int64_t>(rounded(wanted, SEGMENT), mine);
      stats.reserved_bytes[0].increase(segments - stats.reserved_bytes[0].current);
      publish(device);
    }
  }

  static void give_back(void* context) {
    auto* const block = static_cast<Block*>(context);
    if (block->bytes > 0) {
      Memory& self = instance();
      const std::lock_guard<std::mutex> guard(self.lock);
      auto& stats = self.all[block->device];
      stats.allocation[0].decrease(1);
      stats.requested_bytes[0].decrease(block->bytes);
      stats.allocated_bytes[0].decrease(rounded(block->bytes, BLOCK));
      stats.active_bytes[0].decrease(rounded(block->bytes, BLOCK));
    }
    std::free(block->place);
    delete block;
  }

  std::mutex lock;
  DeviceStats all[CARDS];
  Taken::Process* row = nullptr;
};

// Page-locked memory of the host: ordinary memory that is known by its addresses.
class Pinned final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* const place = c10::alloc_cpu(bytes);
    if (place != nullptr) {
      const std::lock_guard<std::mutex> guard(lock);
      blocks[place] = bytes;
    }
    return {place, place, &give_back, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }

  bool has(const void* address) {
    const std::lock_guard<std::mutex> guard(lock);
    auto next = blocks.upper_bound(const_cast<void*>(address));
    if (next == blocks.begin()) return false;
    --next;
    return static_cast<const char*>(address) < static_cast<const char*>(next->first) + next->second;
  }

  static Pinned& instance() {
    static Pinned* const pinned = new Pinned;
    return *pinned;
  }

 private:
  static void give_back(void* place) {
    if (place == nullptr) return;
    {
      const std::lock_guard<std::mutex> guard(instance().lock);
      instance().blocks.erase(place);
    }
    c10::free_cpu(place);
  }

  std::mutex lock;
  std::map<void*, size_t> blocks;
};

const bool registered = (c10::SetAllocator(c10::DeviceType::CUDA, &Memory::instance()), true);

}  // namespace

void* host(const void* address) {
  const auto bits = reinterpret_cast<uintptr_t>(address);
  return reinterpret_cast<void*>((bits & MARK) != 0 ? bits & ADDRESS : bits);
}

bool is_device_address(const void* address) { return (reinterpret_cast<uintptr_t>(address) & MARK) != 0; }

c10::DeviceIndex device_of(const void* address) {
  return static_cast<c10::DeviceIndex>(reinterpret_cast<uintptr_t>(address) >> DEVICE_SHIFT & 0xf);
}

c10::DataPtr adopt(const c10::Storage& made, c10::DeviceIndex device) { return Memory::instance().adopt(made, device); }

std::pair<int64_t, int64_t> held(c10::DeviceIndex device) {
  const auto stats = Memory::instance().getDeviceStats(device);
  return {stats.allocated_bytes[0].peak, stats.allocated_bytes[0].current};
}

c10::Allocator* device_memory() { return &Memory::instance(); }
c10::Allocator* pinned_memory() { return &Pinned::instance(); }
bool is_pinned(const void* address) { return Pinned::instance().has(address); }

}  // namespace counterfeit
