// SPDX-License-Identifier: Apache-2.0
// RTL of a kind of block that topkima does not know, a shifter, in a head of the SoC: beside the
// model, or, with the argument `rtl`, in its place.

#include <iostream>
#include <string>
#include <systemc>

#include "config/errors.h"
#include "cosim/fits.h"
#include "cosim/rtl_library.h"
#include "cosim/twins.h"
#include "former_soc/simulate.h"
#include "shifter_pins.h"

namespace {

using namespace topkima;

/// Between the rows of the shifter stage and the pins of shifter_pins.json.
class ShifterPins : public cosim::RowPins {
 public:
  ShifterPins(cosim::RtlInstance& rtl, const cosim::RowLimits& limits)
      : RowPins(rtl, rtl.pin("in_valid"), &rtl.pin("in_ready"), rtl.pin("out_valid"),
                rtl.pin("out_ready")),
        widths_(rtl.parameters()),
        limits_(limits),
        result_{rtl.pin("out_count"), rtl.pin("out_token"),         rtl.pin("out_code"),
                widths_.token,        widths_.code + widths_.shift, true} {}

 private:
  bool passes_by(const std::vector<unsigned char>& input) const override {
    return cosim::count_of(input) == 0;
  }
  void drive(const std::vector<unsigned char>& input) override {
    const stage::EntryRow row(input.data());
    auto &count = rtl_.pin("in_count"), &token = rtl_.pin("in_token"), &code = rtl_.pin("in_code");
    for (auto* pin : {&token, &code}) pin->clear_bits(0, pin->width);
    count.set(std::uint64_t(row.header.count));
    for (int w = 0; w < row.header.count; ++w) {
      token.set_field(w * widths_.token, widths_.token, std::uint64_t(row.entries[w].token));
      code.set_field(w * widths_.code, widths_.code, std::uint64_t(row.entries[w].code));
    }
  }
  /// The binary point moves: the same number, by SHIFT bits wider.
  void read(std::vector<unsigned char>& output) override {
    read_entries(result_, limits_.winners, limits_.tokens, output);
    auto* header = reinterpret_cast<stage::RowHeader*>(output.data());
    auto* entries = reinterpret_cast<stage::TokenCode*>(header + 1);
    for (int w = 0; w < header->count; ++w) entries[w].code /= 1 << widths_.shift;
  }
  void check() override { check_rest(result_); }

  shifter_pins::PinWidths widths_;
  cosim::RowLimits limits_;
  Fields result_;
};

int run(bool in_place) {
  config::Settings settings;
  for (const auto& [name, value] : {std::pair{"attention.heads", "1"},
                                    {"attention.tokens", "32"},
                                    {"attention.d_model", "16"},
                                    {"attention.scaling", "left_shift"},
                                    {"fidelity.softmax", "cycle"}})
    settings.set(name, value, "own_block");
  const auto workload = workload::make_workload(settings, true);
  const platforms::Observation nothing;
  platforms::SocRun soc(settings, workload, nothing);
  const auto& config = soc.session.config;
  const auto& clock = soc.session.context.clock;
  auto& shifter = *soc.soc.heads[0].shifter;

  const auto fits = [&](const cosim::RtlParameters& parameters) {
    return cosim::Fit(parameters)
        .at_least("WINNERS", config.topk.winners)
        .at_least("TOKEN_BITS", cosim::clog2(config.shape.tokens))
        .at_least("CODE_BITS", config.ima.bits)
        .exactly("SHIFT", 2)  // of 1 / sqrt(d_k), d_k = 16
        .text();
  };
  const auto& info =
      cosim::load_rtl(RTL_DIRECTORY, "shifter", "serial", fits, "own_block: shifter");
  cosim::RtlInstance rtl("shifter_rtl", clock, info, 1000);
  ShifterPins pins(rtl, {config.topk.winners, config.shape.tokens});
  cosim::Referee referee({true, true});
  cosim::EntryTwin twin("shifter_twin", clock, pins, {"code", false},
                        {referee, {"head0.shifter", info.name}});
  if (in_place)
    shifter.replace(pins);
  else
    shifter.observe(twin);

  try {
    soc.simulate();
  } catch (const SimulationError&) {
    if (!referee.first()) throw;  // else the referee has stopped it
  }
  twin.finish();
  if (referee.first()) {
    std::cout << referee.headline(clock) << "\n" << referee.text(clock);
    return 4;
  }
  std::cout << "compared " << referee.compared() << " rows, latency " << soc.finish().latency
            << " cycles\n";
  return 0;
}

}  // namespace

int sc_main(int count, char** arguments) {
  try {
    return run(count > 1 && std::string(arguments[1]) == "rtl");
  } catch (const Error& error) {
    std::cerr << "own_block: " << error.what() << "\n";
    return error.exit_code;
  }
}
