// SPDX-License-Identifier: Apache-2.0
#pragma once
// A recorded run of the SoC, as a directory of files that an RTL manager can read:
//
//   commands.hex           the manager's commands, one a line, for $readmemh
//   image.hex              what it writes by bursts, 64-bit beats
//   expected_log.hex       the words that it must read, in order
//   expected_read.hex      the beats that it must read by bursts
//   preload.bin            what is not its business: RRAM weights, by debug transport
//   effective.ini          the machine

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/host.h"

namespace topkima::examples {

/// Bytes that are in their place before the simulated host does anything.
struct Preload {
  std::uint64_t address;
  std::vector<unsigned char> bytes;
};

/// Takes down what a host does and says it in the manager's words.
class Recorder : public tlm::tlm_analysis_if<pipeline::HostRecord> {
 public:
  /// `poll`: where the firmware waits for the interrupt, the manager polls STATUS instead.
  explicit Recorder(bool poll) : poll_(poll) {}

  void write(const pipeline::HostRecord& record) override;
  /// Ends the list and writes all files but effective.ini. Throws SimulationError.
  void save(const std::string& directory);

 private:
  enum Op : unsigned { end, write_word, read_word, poll_word, write_burst, read_burst, wait };

  void add(Op op, std::uint64_t address, std::uint32_t a, std::uint32_t b, unsigned beats = 1,
           unsigned first_strobes = 0, unsigned last_strobes = 0);
  void add_bursts(Op op, const pipeline::HostRecord& record, std::vector<std::uint64_t>& image);

  bool poll_;
  std::string commands_;
  std::vector<std::uint64_t> image_, read_image_;
  std::vector<std::uint32_t> log_;
  std::vector<Preload> preloads_;
};

/// Throws DataError.
std::vector<Preload> read_preloads(const std::string& directory);
/// What $writememh wrote. Throws DataError.
std::vector<std::uint64_t> read_hex(const std::string& path);

void write_file(const std::string& path, const std::string& bytes);

}  // namespace topkima::examples
