// SPDX-License-Identifier: Apache-2.0
#include <systemc>

#include "encoder/encoder_run.h"
#include "former_soc/simulate.h"
#include "tool/application.h"

int sc_main(int argc, char** argv) {
  topkima::platforms::Tool tool;
  tool.name = "topkima-soc";
  tool.purpose = "one attention module of the Topkima-Former SoC, or with --model a whole encoder";
  tool.projected_synthetic = true;
  tool.is_soc = true;
  tool.simulate = topkima::platforms::simulate_soc;
  tool.simulate_encoder = topkima::platforms::simulate_encoder;
  return topkima::platforms::run_tool(tool, argc, argv);
}
