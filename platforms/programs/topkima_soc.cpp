// SPDX-License-Identifier: Apache-2.0
#include <systemc>

#include "encoder/encoder_machine.h"
#include "former_soc/simulate.h"
#include "registers/register_map.h"
#include "tool/application.h"

int sc_main(int argc, char** argv) {
  using namespace topkima;
  platforms::Program program;
  program.purpose =
      "one attention module of the Topkima-Former SoC, or with --model a whole encoder";
  program.machines = {&platforms::soc_machine(), &platforms::encoder_machine()};
  program.printouts = {
      {"print-register-map", "docs/register-map.md", registers::markdown},
      {"print-register-header", "the registers as a C header", registers::c_header},
      {"print-register-rtl", "the controller's registers as a table in SystemVerilog",
       registers::rtl_table}};
  return platforms::run_program(program, argc, argv);
}
