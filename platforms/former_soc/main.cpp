#include <systemc>

#include "former_soc/simulate.h"
#include "tool/application.h"

int sc_main(int argc, char** argv) {
  topkima::platforms::Tool tool;
  tool.name = "topkima-soc";
  tool.purpose = "one attention module of the Topkima-Former SoC";
  tool.projected_synthetic = true;
  tool.is_soc = true;
  tool.simulate = topkima::platforms::simulate_soc;
  return topkima::platforms::run_tool(tool, argc, argv);
}
