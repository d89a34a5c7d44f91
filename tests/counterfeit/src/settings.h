// What the counterfeit is to be, from the environment. It knows nothing of libtorch, so that the driver can have it too.
//
// All of it is told by one variable, a list of `name=value` between commas:
//
//   VITALS_COUNTERFEIT=devices=2,memory=24GiB,fail_at=40,counts=/tmp/counts.jsonl,card=/tmp/card
//
//   devices  how many cards there are; 2. CUDA_VISIBLE_DEVICES hides and orders them as it does real ones, by ordinal or
//            by UUID: the card N is GPU-c0de0000-0000-4000-8000-00000000000N.
//   memory   what each of them has, in bytes or with KiB, MiB or GiB; 24GiB.
//   fail_at  this allocation (the first is 1) finds no memory, whatever is free; 0 for none.
//   driver   the newest CUDA that the driver runs; 13.0. Before 13 the backend finds no card, as libtorch's would. `broken`: it
//            does not start.
//   capability  what the cards can compute; 9.0.
//   counts   a file to which each process adds one line of JSON when it ends (`counts.cpp`).
//   card     a file through which processes share the memory of a card. Without one each has cards of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace counterfeit {

// Read once.
struct Settings {
  // Places of the visible cards among all, in the order in which the program sees them.
  std::vector<int> visible;
  size_t memory = size_t{24} << 30;
  int64_t fail_at = 0;
  // 1000 x major + 10 x minor.
  int driver = 13000;
  bool driver_starts = true;
  int capability[2] = {9, 0};
  std::string counts;
  std::string card;
};
const Settings& settings();
// Cards that the backend can use.
int cards();
std::string uuid(int card);

}  // namespace counterfeit
