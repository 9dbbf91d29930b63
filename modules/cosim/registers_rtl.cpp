// SPDX-License-Identifier: Apache-2.0
#include "cosim/registers_rtl.h"

#include <algorithm>

#include "cosim/fits.h"
#include "cosim/hex.h"

namespace topkima::cosim {

using registers::Access, registers::WordAccess, registers::WordAnswer;

namespace {

constexpr int word_bits = 32, word_bytes = 4;
constexpr std::uint32_t all_strobes = 0xf;
/// Accesses belong to no row; what asks for one is given the first.
const stage::RowTag of_no_row{0, 0, 0, 0};

std::string response_text(std::uint64_t response) {
  return response == axi::okay     ? "OKAY"
         : response == axi::slverr ? "SLVERR"
         : response == axi::decerr ? "DECERR"
                                   : "EXOKAY";
}

tlm::tlm_response_status status_of(std::uint64_t response) {
  return response == axi::okay     ? tlm::TLM_OK_RESPONSE
         : response == axi::decerr ? tlm::TLM_ADDRESS_ERROR_RESPONSE
                                   : tlm::TLM_COMMAND_ERROR_RESPONSE;
}

/// "SCHEDULE", "CYCLES[1]", or where nothing is.
std::string name_of(const registers::RegisterFile& file, std::uint32_t word) {
  const auto* r = file.at(word);
  if (!r) return hex(std::uint64_t{word} * word_bytes);
  return r->name + (r->count > 1 ? "[" + std::to_string(word - r->offset / word_bytes) + "]" : "");
}

void field(Comparison& comparison, const std::string& name, const std::string& model,
           const std::string& rtl) {
  if (model != rtl) comparison.differ(name, model, rtl);
}

void compare_stored(Comparison& comparison, const registers::RegisterFile& file,
                    const std::vector<std::uint32_t>& values, RegisterPins& pins) {
  for (std::uint32_t word = 0; word < values.size(); ++word) {
    const auto kind = file.at(word)->access;
    if (kind == Access::read_write || kind == Access::write_1_to_clear)
      field(comparison, "value of " + name_of(file, word), hex(values[word]),
            hex(pins.stored(word)));
  }
}

std::string inputs_of(const WordAccess& access) {
  return "address " + hex(access.address) +
         (access.write ? ", data " + hex(access.data) + ", strobes " + hex(access.strobes) : "");
}

}  // namespace

RegisterPins::Slot::Slot(RegisterPins& of) : pins(of) {
  pins.rtl_.be_ready();
  const std::uint64_t ticket = pins.tickets_++;
  while (pins.called_ != ticket) sc_core::wait(pins.next_);
}

RegisterPins::Slot::~Slot() {
  ++pins.called_;
  pins.next_.notify();
}

RegisterPins::RegisterPins(RtlInstance& rtl, const registers::RegisterFile& file)
    : rtl_(rtl),
      file_(file),
      awaddr_(rtl.pin("awaddr")),
      awvalid_(rtl.pin("awvalid")),
      awready_(rtl.pin("awready")),
      wdata_(rtl.pin("wdata")),
      wstrb_(rtl.pin("wstrb")),
      wvalid_(rtl.pin("wvalid")),
      wready_(rtl.pin("wready")),
      bresp_(rtl.pin("bresp")),
      bvalid_(rtl.pin("bvalid")),
      bready_(rtl.pin("bready")),
      araddr_(rtl.pin("araddr")),
      arvalid_(rtl.pin("arvalid")),
      arready_(rtl.pin("arready")),
      rdata_(rtl.pin("rdata")),
      rresp_(rtl.pin("rresp")),
      rvalid_(rtl.pin("rvalid")),
      rready_(rtl.pin("rready")),
      hardware_(rtl.pin("hardware")),
      raised_(rtl.pin("raised")),
      refused_(rtl.pin("refused")),
      stored_(rtl.pin("stored")),
      written_(rtl.pin("written")),
      written_address_(rtl.pin("written_address")),
      written_data_(rtl.pin("written_data")) {}

void RegisterPins::fail(const std::string& does, const std::string& expected) const {
  rtl_.fail(of_no_row, inputs_of(access_), does, expected);
}

void RegisterPins::drive(const std::vector<std::uint32_t>& values) {
  for (std::uint32_t word = 0; word < values.size(); ++word) {
    const auto* r = file_.at(word);
    const int offset = static_cast<int>(word) * word_bits;
    if (r && r->access == Access::read_only && hardware_.field(offset, word_bits) != values[word])
      hardware_.set_field(offset, word_bits, values[word]);
  }
}

WordAnswer RegisterPins::serve(const WordAccess& access, const std::vector<std::uint32_t>& values,
                               const Write& write) {
  const Slot slot(*this);
  access_ = access;
  shown_ = false;
  drive(values);
  const auto order = turn_ / 4 % 3;  // both at once, address first, data first
  const bool at_once = turn_++ % 2 == 0;
  const Answer answer =
      access.write ? exchange({{{awvalid_, awready_, {{&awaddr_, access.address}}, order == 2},
                                {wvalid_,
                                 wready_,
                                 {{&wdata_, access.data}, {&wstrb_, access.strobes}},
                                 order == 1}},
                               {bvalid_, bready_, bresp_, nullptr},
                               at_once},
                              write)
                   : exchange({{{arvalid_, arready_, {{&araddr_, access.address}}, 0}},
                               {rvalid_, rready_, rresp_, &rdata_},
                               at_once},
                              write);
  show_inputs();
  return {status_of(answer.first), static_cast<std::uint32_t>(answer.second)};
}

void RegisterPins::offer(const Offer& part, std::int64_t edge) {
  const bool valid = !part.taken && edge >= part.from;
  part.valid.set(valid);
  for (const auto& [pin, value] : part.payload) pin->set(valid ? value : ~value);
}

RegisterPins::Answer RegisterPins::exchange(Exchange e, const Write& write) {
  const std::int64_t most = rtl_.timeout();
  for (std::int64_t edge = 0;; ++edge) {
    if (edge > most) fail("gives no response in " + std::to_string(most) + " edges", "one is due");
    for (const auto& part : e.parts) offer(part, edge);
    const bool ready = e.at_once || e.answered >= 0;
    e.reply.ready.set(ready);
    rtl_.settle();
    look_for_write(write);
    const bool there = look_for_response(e, edge);
    take_parts(e, edge);
    rtl_.edge_in_no_time();
    refused_.set(0);
    if (there && ready) break;
  }
  e.reply.ready.set(0);
  cycles_ = e.answered - e.asked;
  return e.answer;
}

/// Whether it is there.
bool RegisterPins::look_for_response(Exchange& e, std::int64_t edge) {
  const bool there = e.reply.valid.value() != 0;
  if (there && e.asked < 0) fail("responds", "a request is still on its way");
  const Answer now{e.reply.response.value(), there && e.reply.data ? e.reply.data->value() : 0};
  if (e.answered >= 0 && (!there || now != e.answer))
    fail("changes or withdraws its response", "it must stay until it is taken");
  if (there && e.answered < 0) {
    e.answered = edge;
    e.answer = now;
  }
  return there;
}

void RegisterPins::take_parts(Exchange& e, std::int64_t edge) {
  bool all = true;
  for (auto& part : e.parts) {
    if (part.valid.value() && part.ready.value()) part.taken = true;
    all = all && part.taken;
  }
  if (all && e.asked < 0) e.asked = edge;
}

void RegisterPins::look_for_write(const Write& write) {
  if (!written_.value()) return;
  if (!access_.write) fail("shows a write", "none is under way");
  if (shown_) fail("shows a write again", "it has done so");
  shown_ = true;
  const auto word = static_cast<std::uint32_t>(written_address_.value() / word_bytes);
  const std::size_t last = file_.values().size() - 1;
  if (word > last)
    fail("writes word " + std::to_string(word), std::to_string(last) + " is the last");
  refused_.set(write(word, static_cast<std::uint32_t>(written_data_.value())));
  rtl_.settle();
}

void RegisterPins::raise(std::uint32_t word, std::uint32_t bits) {
  const Slot slot(*this);
  const int offset = static_cast<int>(word) * word_bits;
  raised_.set_field(offset, word_bits, bits);
  rtl_.edge_in_no_time();
  raised_.set_field(offset, word_bits, 0);
}

std::uint32_t RegisterPins::stored(std::uint32_t word) {
  return static_cast<std::uint32_t>(stored_.field(static_cast<int>(word) * word_bits, word_bits));
}

void RegisterPins::show_inputs() {
  for (Pin* pin : {&awaddr_, &wdata_, &wstrb_, &araddr_, &hardware_}) rtl_.show(*pin);
}

std::string fits_registers(const RtlParameters& parameters, std::size_t words,
                           std::uint64_t window) {
  // The number of words has no parameter of its own where it is the contract's.
  const RtlParameters known(parameters.text() +
                            " WORDS=" + std::to_string(PinWidths(parameters).words));
  return Fit(known)
      .exactly("WORDS", static_cast<int>(words))
      .at_least("ADDRESS_BITS", clog2(static_cast<int>(window)))
      .text();
}

RegisterTwin::RegisterTwin(const sc_core::sc_module_name& name, const stage::Clock& clock,
                           RegisterPins& pins, registers::RegisterFile& file, Comparison comparison)
    : Twin(name, clock, std::move(comparison)), pins_(pins), file_(file) {
  file.observe(*this);
}

void RegisterTwin::raised(std::uint32_t word, std::uint32_t bits) {
  Job job;
  job.word = word;
  job.bits = bits;
  job.values = file_.values();
  jobs_.push_back(std::move(job));
  ++begun_;
  news_.notify();
}

void RegisterTwin::served(const WordAccess& access, const WordAnswer& answer) {
  Job job;
  job.values = file_.values();
  job.accesses = {{access, answer}, harmless_read(), harmless_write()};
  jobs_.push_back(std::move(job));
  ++begun_;
  news_.notify();
}

void RegisterTwin::catch_up() {
  const std::uint64_t begun = begun_;
  while (!ended_ && done_ < begun) sc_core::wait(followed_);
}

RegisterTwin::Expected RegisterTwin::harmless_read() const {
  const auto word = static_cast<std::uint32_t>(begun_ % (file_.values().size() + 1));
  const WordAccess access{false, word * word_bytes, 0, 0};
  return {access, file_.answer_to(access)};
}

/// One of a register that cannot be written, of one that is not there, or of a part of a word.
RegisterTwin::Expected RegisterTwin::harmless_write() const {
  const auto word = static_cast<std::uint32_t>(begun_ % (file_.values().size() + 1));
  WordAccess access{true, word * word_bytes, ~file_.values()[begun_ % file_.values().size()],
                    all_strobes};
  WordAnswer answer = file_.answer_to(access);
  if (answer.response == tlm::TLM_OK_RESPONSE) {
    access.strobes = 1 + static_cast<std::uint32_t>(begun_ % (all_strobes - 1));
    answer = file_.answer_to(access);
  }
  return {access, answer};
}

void RegisterTwin::follow() {
  for (;;) {
    while (jobs_.empty()) sc_core::wait(news_);
    try {
      follow(jobs_.front());
    } catch (const RtlError&) {
      ended_ = true;
      followed_.notify();
      throw;
    }
    jobs_.pop_front();
    ++done_;
    followed_.notify();
  }
}

void RegisterTwin::follow(const Job& job) {
  if (job.accesses.empty()) {
    comparison_.begin(of_no_row, clock_.now(), "raise of " + name_of(file_, job.word),
                      "bits " + hex(job.bits));
    pins_.raise(job.word, job.bits);
    compare_stored(comparison_, file_, job.values, pins_);
    comparison_.end("raised");
  }
  for (const auto& expected : job.accesses) compare(expected, job);
}

void RegisterTwin::compare(const Expected& expected, const Job& job) {
  const auto& access = expected.access;
  const auto& answer = expected.answer;
  comparison_.begin(
      of_no_row, clock_.now(),
      (access.write ? "write of " : "read of ") + name_of(file_, access.address / word_bytes),
      inputs_of(access));
  std::string writes = "none";
  const WordAnswer is =
      pins_.serve(access, job.values, [&](std::uint32_t word, std::uint32_t value) {
        writes = name_of(file_, word) + " = " + hex(value);
        return answer.refused;
      });
  field(comparison_, "response", response_text(axi::response_of(answer.response)),
        response_text(axi::response_of(is.response)));
  field(comparison_, "data", hex(answer.data), hex(is.data));
  const bool done = answer.response == tlm::TLM_OK_RESPONSE || answer.refused;
  field(comparison_, "write shown",
        access.write && done
            ? name_of(file_, access.address / word_bytes) + " = " + hex(access.data)
            : "none",
        writes);
  compare_stored(comparison_, file_, job.values, pins_);
  // RTL in the model's place may have others.
  if (comparison_.compares_cycles() && !comparison_.of_rtl())
    comparison_.field<std::int64_t>("cycles", 1, pins_.cycles());
  comparison_.end(response_text(axi::response_of(answer.response)) +
                  (access.write ? "" : ", " + hex(answer.data)));
}

RtlParameters RegisterVectors::parameters(std::uint64_t window) {
  return RtlParameters("ADDRESS_BITS=" + std::to_string(clog2(static_cast<int>(window))));
}

VectorSet::Layout RegisterVectors::layout(const RtlParameters& parameters) {
  const PinWidths widths(parameters);
  const int words = widths.words * word_bits;
  return {{{"write", 1},
           {"address", widths.address},
           {"wdata", word_bits},
           {"wstrb", word_bytes},
           {"refused", 1},
           {"raised", words},
           {"hardware", words}},
          {{"response", 2}, {"rdata", word_bits}, {"written", 1}, {"stored", words}}};
}

RegisterVectors::RegisterVectors(VectorSet& set, registers::RegisterFile& file)
    : set_(set), file_(file), raised_(file.values().size()) {
  file.observe(*this);
}

void RegisterVectors::raised(std::uint32_t word, std::uint32_t bits) { raised_[word] |= bits; }

void RegisterVectors::served(const WordAccess& access, const WordAnswer& answer) {
  auto& given = set_.stimulus();
  auto& expected = set_.expected();
  const auto response = axi::response_of(answer.response);
  given.set("write", access.write);
  given.set("address", access.address);
  given.set("wdata", access.data);
  given.set("wstrb", access.strobes);
  given.set("refused", answer.refused);
  expected.set("response", response);
  expected.set("rdata", answer.data);
  expected.set("written", access.write && (response == axi::okay || answer.refused));
  for (std::uint32_t word = 0; word < raised_.size(); ++word) {
    const auto kind = file_.at(word)->access;
    const int field = static_cast<int>(word);
    const std::uint32_t value = file_.values()[word];
    given.set("raised", field, word_bits, raised_[word]);
    if (kind == Access::read_only) given.set("hardware", field, word_bits, value);
    if (kind == Access::read_write || kind == Access::write_1_to_clear)
      expected.set("stored", field, word_bits, value);
  }
  std::fill(raised_.begin(), raised_.end(), 0);
  set_.end_transaction(of_no_row);
}

}  // namespace topkima::cosim
