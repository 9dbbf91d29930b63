// SPDX-License-Identifier: Apache-2.0
#include <systemc>

#include "attention_macro/simulate.h"
#include "tool/application.h"

int sc_main(int argc, char** argv) {
  using namespace topkima::platforms;
  Program program;
  program.purpose = "attention heads alone, from given Q, K and V";
  program.machines = {&macro_machine()};
  return run_program(program, argc, argv);
}
