// One operation on device tensors, done by the CPU's kernel: its operands as tensors of the CPU over the same bytes, and
// what comes back as tensors of the device.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace counterfeit {

class Call {
 public:
  // `scalars_from_host`: a CPU tensor without dimensions may stand among the operands, and is read when the kernel starts.
  Call(std::string name, bool scalars_from_host) : name(std::move(name)), scalars_from_host(scalars_from_host) {}

  // Every operand is shown first: they must lie on one device.
  void see(const at::Tensor& operand, const std::string& argument);
  void stand_on(c10::Device device) { place = device; }
  bool has_device() const { return place.has_value(); }

  // The operand for the CPU's kernel.
  at::Tensor alias(const at::Tensor& operand);
  // What a kernel made or gave back, for the program.
  at::Tensor give(const at::Tensor& made);
  // Carries over what the kernel did to its operands' shapes and memory.
  void settle();

 private:
  // A storage of the device and its twin on the CPU.
  struct Twins {
    c10::Storage device;
    c10::Storage cpu;
  };

  at::Tensor on_device(const c10::Storage& storage, const at::Tensor& like) const;

  std::string name;
  bool scalars_from_host;
  std::optional<c10::Device> place;
  std::optional<std::string> misplaced;
  std::vector<std::pair<at::Tensor, at::Tensor>> operands;
  std::vector<Twins> storages;
};

// Below autograd and autocast, which have had their say before a kernel is called.
struct BelowAll {
  BelowAll();
  ~BelowAll();
  BelowAll(const BelowAll&) = delete;
  struct Guards;
  Guards* guards;
};

}  // namespace counterfeit
