// SPDX-License-Identifier: Apache-2.0
#include "recording.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "files/input_file.h"
#include "files/text.h"
#include "registers/register_map.h"

namespace topkima::examples {
namespace {

constexpr unsigned beat_bytes = 8, page_bytes = 4096, most_beats = 256;

bool in_token_memory(std::uint64_t address) {
  return address >= registers::memory_base && address < registers::block("ima").base;
}

template <typename Word>
std::string hex_text(const std::vector<Word>& words) {
  std::string text;
  char line[24];
  for (const auto word : words) {
    std::snprintf(line, sizeof line, "%0*llx\n", int(2 * sizeof word),
                  static_cast<unsigned long long>(word));
    text += line;
  }
  return text;
}

constexpr files::InputKind recording_file{"file of a recording", 4 * files::gibibyte,
                                          files::raise<DataError>};

}  // namespace

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  if (!file) throw SimulationError(path + ": cannot be written");
}

void Recorder::add(Op op, std::uint64_t address, std::uint32_t a, std::uint32_t b, unsigned beats,
                   unsigned first_strobes, unsigned last_strobes) {
  static const char* const names[] = {"end",         "write",      "read", "poll",
                                      "burst write", "burst read", "wait"};
  char line[80];
  std::snprintf(line, sizeof line, "%02x_%02x_%02x_%02x_%016llx_%08x_%08x  // %s\n", op, beats - 1,
                first_strobes, last_strobes, static_cast<unsigned long long>(address), a, b,
                names[op]);
  commands_ += line;
}

/// Cuts an access to token memory at pages and at 256 beats, and appends its beats to `image`.
void Recorder::add_bursts(Op op, const pipeline::HostRecord& record,
                          std::vector<std::uint64_t>& image) {
  const std::uint64_t last_byte = record.address + record.bytes - 1;
  for (std::uint64_t at = record.address; at <= last_byte;) {
    const std::uint64_t aligned = at / beat_bytes * beat_bytes;
    const std::uint64_t beats =
        std::min<std::uint64_t>({(last_byte - aligned) / beat_bytes + 1, most_beats,
                                 (page_bytes - aligned % page_bytes) / beat_bytes});
    const std::uint64_t stop = std::min(last_byte + 1, aligned + beats * beat_bytes);
    add(op, aligned, static_cast<std::uint32_t>(image.size()), 0, static_cast<unsigned>(beats),
        0xff << (at - aligned) & 0xff, 0xff >> (beat_bytes - 1 - (stop - 1) % beat_bytes));
    const std::size_t first = image.size();
    image.resize(first + beats);
    for (; at < stop; ++at)
      image[first + (at - aligned) / beat_bytes] |= std::uint64_t{record.data[at - record.address]}
                                                    << 8 * (at % beat_bytes);
  }
}

void Recorder::write(const pipeline::HostRecord& record) {
  using Kind = pipeline::HostRecord::Kind;
  const auto each_word = [&](const auto& use) {
    for (std::size_t i = 0; i < record.bytes; i += sizeof(std::uint32_t)) {
      std::uint32_t word = 0;
      std::memcpy(&word, record.data + i, sizeof word);
      use(record.address + i, word);
    }
  };
  switch (record.kind) {
    case Kind::write:
      each_word([&](std::uint64_t at, std::uint32_t word) { add(write_word, at, 0, word); });
      break;
    case Kind::read:
      each_word([&](std::uint64_t at, std::uint32_t word) {
        add(read_word, at, 0, 0);
        log_.push_back(word);
      });
      break;
    case Kind::preload:
      if (in_token_memory(record.address))
        add_bursts(write_burst, record, image_);
      else
        preloads_.push_back({record.address, {record.data, record.data + record.bytes}});
      break;
    case Kind::peek:  // of anything but memory: a look through the debugger
      if (in_token_memory(record.address)) add_bursts(read_burst, record, read_image_);
      break;
    case Kind::interrupt: {
      namespace controller = registers::controller;
      constexpr std::uint32_t done = 2;
      if (poll_)
        add(poll_word, registers::block("controller").base + controller::status.offset, done, done);
      else
        add(wait, 0, 0, 0);
      break;
    }
  }
}

void Recorder::save(const std::string& directory) {
  add(end, 0, 0, 0);
  write_file(directory + "/commands.hex",
             "// op_beats-1_strobes of the first_and of the last beat_address_a_b\n" + commands_);
  write_file(directory + "/image.hex", hex_text(image_));
  write_file(directory + "/expected_log.hex", hex_text(log_));
  write_file(directory + "/expected_read.hex", hex_text(read_image_));
  std::string preloads;
  for (const auto& preload : preloads_) {
    const std::uint64_t head[] = {preload.address, preload.bytes.size()};
    preloads.append(reinterpret_cast<const char*>(head), sizeof head);
    preloads.append(preload.bytes.begin(), preload.bytes.end());
  }
  write_file(directory + "/preload.bin", preloads);
}

std::vector<Preload> read_preloads(const std::string& directory) {
  const std::string path = directory + "/preload.bin",
                    file = files::read_bytes(path, recording_file);
  std::vector<Preload> preloads;
  for (std::size_t at = 0; at < file.size();) {
    std::uint64_t head[2] = {};
    const std::size_t left = file.size() - at;
    if (left >= sizeof head) std::memcpy(head, file.data() + at, sizeof head);
    if (left < sizeof head || head[1] > left - sizeof head)
      throw DataError(path + ": ends in the middle of an entry");
    const auto first = file.begin() + std::ptrdiff_t(at + sizeof head);
    preloads.push_back({head[0], {first, first + std::ptrdiff_t(head[1])}});
    at += sizeof head + head[1];
  }
  return preloads;
}

std::vector<std::uint64_t> read_hex(const std::string& path) {
  const std::string text = files::read_bytes(path, recording_file);
  std::vector<std::uint64_t> words;
  for (const auto& line : files::parts_of(text, '\n')) {
    if (line.empty()) continue;
    char* end = nullptr;
    words.push_back(std::strtoull(line.c_str(), &end, 16));
    if (end == line.c_str() || *end != '\0')
      throw DataError(path + ": '" + line + "' is not a hexadecimal number");
  }
  return words;
}

}  // namespace topkima::examples
