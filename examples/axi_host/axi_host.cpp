// SPDX-License-Identifier: Apache-2.0
// axi-host: the SoC driven through its AXI pins by a manager in SystemVerilog, which repeats a
// recorded run (axi-record). What it reads must be what the C++ host has read.

#include <Vaxi_host.h>

#include <filesystem>
#include <iostream>
#include <systemc>

#include "axi/axi4_front.h"
#include "axi/axi_lite_front.h"
#include "axi/wires.h"
#include "config/errors.h"
#include "former_soc/former_soc.h"
#include "recording.h"
#include "workload/workload.h"

namespace {

using namespace topkima;

struct Arguments {
  std::string recording, wave;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--wave" && i + 1 < argc)
      arguments.wave = argv[++i];
    else if (arguments.recording.empty() && word.rfind("-", 0) != 0)
      arguments.recording = word;
    else
      throw ConfigError("command line: '" + word + "' is not an option, or lacks its value");
  }
  if (arguments.recording.empty())
    throw ConfigError("command line: expected axi-host [--wave FILE.vcd] RECORDING");
  return arguments;
}

/// The RTL manager with its wires and the two fronts.
class Manager : public sc_core::sc_module {
 public:
  axi::AxiLiteFront<40> lite{"lite_front"};
  axi::Axi4Front<40, 4> data{"data_front"};
  sc_core::sc_signal<bool> done{"done"}, failed{"failed"};
  sc_core::sc_signal<std::uint32_t> at{"at"};

  Manager(const sc_core::sc_module_name& name, sc_core::sc_clock& clk,
          sc_core::sc_signal<bool>& rst, sc_core::sc_signal<bool>& irq)
      : sc_core::sc_module(name) {
    for (axi::Front* front : {static_cast<axi::Front*>(&lite), static_cast<axi::Front*>(&data)}) {
      front->clk(clk);
      front->rst(rst);
    }
    lite_wires_.connect(lite);
    data_wires_.connect(data);

    rtl_.clk(clk), rtl_.rst(rst), rtl_.irq(irq);
    rtl_.done(done), rtl_.failed(failed), rtl_.at(at);
    auto& l = lite_wires_;
    rtl_.lite_awaddr(l.awaddr), rtl_.lite_awvalid(l.awvalid), rtl_.lite_awready(l.awready);
    rtl_.lite_wdata(l.wdata), rtl_.lite_wstrb(l.wstrb);
    rtl_.lite_wvalid(l.wvalid), rtl_.lite_wready(l.wready);
    rtl_.lite_bresp(l.bresp), rtl_.lite_bvalid(l.bvalid), rtl_.lite_bready(l.bready);
    rtl_.lite_araddr(l.araddr), rtl_.lite_arvalid(l.arvalid), rtl_.lite_arready(l.arready);
    rtl_.lite_rdata(l.rdata), rtl_.lite_rresp(l.rresp);
    rtl_.lite_rvalid(l.rvalid), rtl_.lite_rready(l.rready);
    auto& d = data_wires_;
    rtl_.data_awid(d.awid), rtl_.data_awaddr(d.awaddr), rtl_.data_awlen(d.awlen);
    rtl_.data_awsize(d.awsize), rtl_.data_awburst(d.awburst);
    rtl_.data_awvalid(d.awvalid), rtl_.data_awready(d.awready);
    rtl_.data_wdata(d.wdata), rtl_.data_wstrb(d.wstrb), rtl_.data_wlast(d.wlast);
    rtl_.data_wvalid(d.wvalid), rtl_.data_wready(d.wready);
    rtl_.data_bid(d.bid), rtl_.data_bresp(d.bresp);
    rtl_.data_bvalid(d.bvalid), rtl_.data_bready(d.bready);
    rtl_.data_arid(d.arid), rtl_.data_araddr(d.araddr), rtl_.data_arlen(d.arlen);
    rtl_.data_arsize(d.arsize), rtl_.data_arburst(d.arburst);
    rtl_.data_arvalid(d.arvalid), rtl_.data_arready(d.arready);
    rtl_.data_rid(d.rid), rtl_.data_rdata(d.rdata), rtl_.data_rresp(d.rresp);
    rtl_.data_rlast(d.rlast), rtl_.data_rvalid(d.rvalid), rtl_.data_rready(d.rready);
  }

  void trace(sc_core::sc_trace_file* file) const {
    sc_trace(file, at, at.name());
    lite_wires_.trace(file);
    data_wires_.trace(file);
  }
  /// Has the manager write what it has read.
  void finish() { rtl_.final(); }

 private:
  axi::AxiLiteWires<40> lite_wires_{"lite"};
  axi::Axi4Wires<40, 4> data_wires_{"data"};
  Vaxi_host rtl_{"rtl"};
};

/// Throws SimulationError unless the manager has read what it had to.
std::size_t compare(const std::string& directory, const std::string& name) {
  const auto expected = examples::read_hex(directory + "/expected_" + name);
  const auto got = examples::read_hex(directory + "/" + name);
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (i >= got.size() || got[i] != expected[i])
      throw SimulationError(directory + "/" + name + ": line " + std::to_string(i + 1) +
                            " is not that of expected_" + name);
  if (got.size() != expected.size())
    throw SimulationError(directory + "/" + name + ": longer than expected_" + name);
  return expected.size();
}

void run(const Arguments& arguments) {
  const std::string& directory = arguments.recording;
  const auto preloads = examples::read_preloads(directory);
  config::Settings settings;
  settings.read_ini(directory + "/effective.ini");
  for (const char* result : {"/log.hex", "/read.hex"})
    std::filesystem::remove(directory + result);  // of an earlier run
  const bool projected = !preloads.empty();       // given Q, K and V need no weights
  const auto config = config::resolve(settings, workload::synthetic_shape(settings, projected));
  const std::string plusarg = "+recording=" + directory;
  const char* verilator_arguments[] = {"axi-host", plusarg.c_str()};
  Verilated::commandArgs(2, verilator_arguments);

  stage::Context context{stage::Clock(config.clock.frequency_mhz), stage::Ledger(false)};
  sc_core::sc_clock clk("clk", context.clock.period());
  sc_core::sc_signal<bool> rst("rst", true);
  Manager* manager = nullptr;
  // The SoC's own host only brings the weights and then lets the manager out of reset.
  platforms::FormerSoc soc("soc", context, config, [&](pipeline::Host& host) {
    for (const auto& preload : preloads)
      host.preload(preload.address, preload.bytes.data(), preload.bytes.size());
    for (int edge = 0; edge < 4; ++edge) sc_core::wait(clk.posedge_event());
    rst.write(false);
    sc_core::wait(manager->done.posedge_event() | manager->failed.posedge_event());
  });
  Manager the_manager("manager", clk, rst, soc.irq);
  manager = &the_manager;
  manager->lite.out.bind(soc.router.in);
  manager->data.out.bind(soc.router.in);

  sc_core::sc_trace_file* wave = nullptr;
  if (!arguments.wave.empty()) {
    std::string name = arguments.wave;  // SystemC appends the ending
    if (name.size() > 4 && name.substr(name.size() - 4) == ".vcd") name.resize(name.size() - 4);
    wave = sc_core::sc_create_vcd_trace_file(name.c_str());
    sc_trace(wave, clk, "clk");
    sc_trace(wave, rst, "rst");
    sc_trace(wave, soc.irq, "irq");
    manager->trace(wave);
  }
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);  // "stopped by user"
  sc_core::sc_start();
  if (wave) sc_core::sc_close_vcd_trace_file(wave);
  if (soc.host.failure()) std::rethrow_exception(soc.host.failure());
  if (!manager->done.read())
    throw SimulationError("the manager has failed at command " + std::to_string(manager->at) +
                          " of " + directory + "/commands.hex, counted from 0");
  manager->finish();

  const std::size_t words = compare(directory, "log.hex"), beats = compare(directory, "read.hex");
  std::cout << manager->at << " commands in "
            << sc_core::sc_time_stamp().value() / context.clock.period().value() << " cycles; read "
            << words << " register words and " << beats
            << " beats of output: all equal to those of the C++ host\n";
}

}  // namespace

int sc_main(int argc, char** argv) {
  try {
    run(parse(argc, argv));
    return 0;
  } catch (const Error& error) {
    std::cerr << "axi-host: " << error.what() << "\n";
    return error.exit_code;
  } catch (const std::exception& error) {
    std::cerr << "axi-host: " << error.what() << "\n";
    return 4;
  }
}
