// SPDX-License-Identifier: Apache-2.0
#pragma once
// What all tools do around a simulation: command line, configuration, inputs, outputs, exit codes.

#include "files/output_directory.h"
#include "tool/command_line.h"
#include "tool/identity.h"
#include "tool/program.h"

namespace topkima::platforms {

/// Runs the program; returns the exit code: 0, 2 for usage and configuration, 3 for input data, 4
/// for a simulation that failed.
int run_program(const Program& program, int argc, char** argv);

/// Content of run.json: where results come from, and what belongs to them.
std::string run_json(const Program& program, int argc, char** argv, const Arguments& arguments,
                     const Identity& identity, const files::OutputDirectory& directory,
                     double seconds);
/// Where results go.
std::string output_of(const Arguments& arguments);

}  // namespace topkima::platforms
