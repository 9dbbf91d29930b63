// SPDX-License-Identifier: Apache-2.0
#include <systemc>

#include "attention_macro/simulate.h"
#include "tool/application.h"

int sc_main(int argc, char** argv) {
  topkima::platforms::Tool tool;
  tool.name = "topkima-macro";
  tool.purpose = "attention heads alone, from given Q, K and V";
  tool.projected_synthetic = false;
  tool.is_soc = false;
  tool.simulate = topkima::platforms::simulate_macro;
  return topkima::platforms::run_tool(tool, argc, argv);
}
