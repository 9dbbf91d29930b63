// SPDX-License-Identifier: Apache-2.0
#include "registers/register_file.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace topkima::registers {
namespace {

constexpr unsigned word_bytes = 4;
constexpr std::uint32_t all_strobes = 0xf;

bool allows(const Register& r, bool write) {
  return r.access != (write ? Access::read_only : Access::write_only);
}

std::uint32_t strobes_of(const tlm::tlm_generic_payload& payload) {
  const unsigned char* enables = payload.get_byte_enable_ptr();
  if (!enables) return all_strobes;
  std::uint32_t strobes = 0;
  for (unsigned i = 0; i < std::min(word_bytes, payload.get_byte_enable_length()); ++i)
    if (enables[i] == TLM_BYTE_ENABLED) strobes |= 1u << i;
  return strobes;
}

/// The number of accesses that an AXI4-Lite manager would make of a transaction; 0 of one that it
/// cannot express. `status` is the answer that the rules give.
unsigned accesses_of(const tlm::tlm_generic_payload& payload, tlm::tlm_response_status status) {
  if (status == tlm::TLM_OK_RESPONSE) return payload.get_data_length() / word_bytes;
  const bool word = payload.get_address() % word_bytes == 0 && payload.get_address() >> 32 == 0 &&
                    payload.get_data_length() == word_bytes &&
                    payload.get_streaming_width() >= word_bytes;
  // Byte enables are refused even if all are on, which strobes cannot say.
  const std::uint32_t strobes = strobes_of(payload);
  const bool plain = !payload.get_byte_enable_ptr();
  const bool expressible = payload.is_read()    ? plain
                           : payload.is_write() ? plain || (strobes != 0 && strobes != all_strobes)
                                                : false;
  return word && expressible ? 1 : 0;
}

}  // namespace

RegisterFile::RegisterFile(const Block& block) : block_(block) {
  for (const auto* r : block.registers) {
    values_.resize(std::max<std::size_t>(values_.size(), r->offset / word_bytes + r->count));
    for (std::uint32_t i = 0; i < r->count; ++i) set(*r, r->reset, i);
  }
}

const Register* RegisterFile::at(std::uint32_t word) const {
  for (const auto* r : block_.registers)
    if (word >= r->offset / word_bytes && word - r->offset / word_bytes < r->count) return r;
  return nullptr;
}

tlm::tlm_response_status RegisterFile::check(const tlm::tlm_generic_payload& payload) const {
  const std::uint64_t address = payload.get_address();
  const Register* r = address % word_bytes || address / word_bytes >= values_.size()
                          ? nullptr
                          : at(static_cast<std::uint32_t>(address / word_bytes));
  if (!r) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (!(payload.is_read() || payload.is_write()) || !allows(*r, payload.is_write()))
    return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr()) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  const unsigned length = payload.get_data_length();
  if (length == 0 || length % word_bytes ||
      address + length > r->offset + std::uint64_t{word_bytes} * r->count ||
      payload.get_streaming_width() < length)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  return tlm::TLM_OK_RESPONSE;
}

WordAnswer RegisterFile::answer_to(const WordAccess& access) const {
  const std::uint32_t word = access.address / word_bytes;
  const Register* r = at(word);
  if (!r) return {tlm::TLM_ADDRESS_ERROR_RESPONSE, 0};
  if (!allows(*r, access.write)) return {tlm::TLM_COMMAND_ERROR_RESPONSE, 0};
  if (!access.write) return {tlm::TLM_OK_RESPONSE, values_[word]};
  if (access.strobes != all_strobes) return {tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE, 0};
  return {tlm::TLM_OK_RESPONSE, 0};
}

void RegisterFile::transport(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) {
  const auto status = check(payload);
  payload.set_response_status(status);
  const unsigned count = accesses_of(payload, status);
  for (unsigned i = 0; i < count; ++i) {
    unsigned char* data = payload.get_data_ptr() + word_bytes * i;
    WordAccess access{payload.is_write(),
                      static_cast<std::uint32_t>(payload.get_address()) + word_bytes * i, 0, 0};
    if (access.write) {
      std::memcpy(&access.data, data, word_bytes);
      access.strobes = strobes_of(payload);
    }
    const WordAnswer answer =
        circuit_ ? serve_by_circuit(access, payload, delay) : serve(access, payload, delay);
    payload.set_response_status(answer.response);
    const bool done = answer.response == tlm::TLM_OK_RESPONSE;
    if (done && !access.write) std::memcpy(data, &answer.data, word_bytes);
    for (auto* observer : observers_) observer->served(access, answer);
    for (auto* observer : observers_) observer->catch_up();
    if (!done) return;
  }
}

WordAnswer RegisterFile::serve(const WordAccess& access, tlm::tlm_generic_payload& payload,
                               const sc_core::sc_time& delay) {
  WordAnswer answer = answer_to(access);
  if (answer.response != tlm::TLM_OK_RESPONSE || !access.write) return answer;
  const std::uint32_t word = access.address / word_bytes;
  const Access kind = at(word)->access;
  if (kind == Access::read_write) values_[word] = access.data;
  if (kind == Access::write_1_to_clear) values_[word] &= ~access.data;
  tell_block(word, access.data, payload, delay);
  answer.response = payload.get_response_status();
  answer.refused = answer.response != tlm::TLM_OK_RESPONSE;
  return answer;
}

WordAnswer RegisterFile::serve_by_circuit(const WordAccess& access,
                                          tlm::tlm_generic_payload& payload,
                                          const sc_core::sc_time& delay) {
  // The block looks at values that are stored with the write.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> stored;
  bool refused = false;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  WordAnswer answer =
      circuit_->serve(access, values_, [&](std::uint32_t word, std::uint32_t value) {
        if (at(word)->access == Access::write_only) {
          tell_block(word, value, payload, delay);
          refused = payload.get_response_status() != tlm::TLM_OK_RESPONSE;
        } else {
          stored.emplace(word, value);
        }
        return refused;
      });
  take_stored();
  if (stored) tell_block(stored->first, stored->second, payload, delay);
  answer.refused = refused;
  return answer;
}

void RegisterFile::tell_block(std::uint32_t word, std::uint32_t value,
                              tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) {
  delay_ = delay;
  const Register& r = *at(word);
  if (on_write) on_write(r, word - r.offset / word_bytes, value, payload);
}

void RegisterFile::take_stored() {
  for (std::uint32_t word = 0; word < values_.size(); ++word) {
    const Register* r = at(word);
    if (r && (r->access == Access::read_write || r->access == Access::write_1_to_clear))
      values_[word] = circuit_->stored(word);
  }
}

void RegisterFile::raise(const Register& r, std::uint32_t bits) {
  const std::uint32_t word = r.offset / word_bytes;
  if (circuit_) {
    circuit_->raise(word, bits);
    take_stored();
  } else {
    values_[word] |= bits;
  }
  for (auto* observer : observers_) observer->raised(word, bits);
}

}  // namespace topkima::registers
