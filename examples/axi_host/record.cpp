// SPDX-License-Identifier: Apache-2.0
// axi-record: runs the SoC with its C++ firmware and writes down what the host did, as a program
// for the RTL manager of axi-host.

#include <filesystem>
#include <iostream>
#include <systemc>

#include "former_soc/simulate.h"
#include "recording.h"
#include "report/report.h"

namespace {

using namespace topkima;

struct Arguments {
  std::string input, directory;
  std::vector<std::string> configs;
  std::vector<std::pair<std::string, std::string>> parameters;
  bool poll = false;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&] {
      if (++i == argc) throw ConfigError("command line: " + word + " needs a value");
      return std::string(argv[i]);
    };
    const auto equals = word.find('=');
    if (word == "--poll")
      arguments.poll = true;
    else if (word == "--input")
      arguments.input = value();
    else if (word == "--config")
      arguments.configs.push_back(value());
    else if (word.rfind("--", 0) == 0 && equals != std::string::npos)
      arguments.parameters.emplace_back(word.substr(2, equals - 2), word.substr(equals + 1));
    else if (arguments.directory.empty() && word.rfind("-", 0) != 0)
      arguments.directory = word;
    else
      throw ConfigError("command line: '" + word + "' is not an option");
  }
  if (arguments.directory.empty())
    throw ConfigError(
        "command line: expected axi-record [--poll] [--input DIR] [--config FILE.ini] "
        "[--section.key=value] RECORDING");
  return arguments;
}

void record(const Arguments& arguments) {
  config::Settings settings;
  if (!arguments.input.empty()) workload::read_meta(arguments.input, settings);
  for (const auto& file : arguments.configs) settings.read_ini(file);
  for (const auto& [name, value] : arguments.parameters) settings.set(name, value, "command line");
  const auto workload = arguments.input.empty()
                            ? workload::make_workload(settings, true)
                            : workload::read_workload(arguments.input, settings);
  platforms::Observation nothing;
  nothing.keep_causes = false;
  platforms::SocRun run(settings, workload, nothing);
  examples::Recorder recorder(arguments.poll);
  run.soc.host.actions.bind(recorder);
  run.simulate();

  std::filesystem::create_directories(arguments.directory);
  recorder.save(arguments.directory);
  examples::write_file(arguments.directory + "/effective.ini",
                       report::effective_ini(settings, platforms::soc_machine().kind));
  std::cout << "recorded a run of " << run.firmware.cycles() << " cycles in " << arguments.directory
            << "\n";
}

}  // namespace

int sc_main(int argc, char** argv) {
  try {
    record(parse(argc, argv));
    return 0;
  } catch (const Error& error) {
    std::cerr << "axi-record: " << error.what() << "\n";
    return error.exit_code;
  } catch (const std::exception& error) {
    std::cerr << "axi-record: " << error.what() << "\n";
    return 4;
  }
}
