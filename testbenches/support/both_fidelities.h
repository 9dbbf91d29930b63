// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a test case twice, at row and at cycle fidelity: what it asserts must hold for both.

#include <catch2/catch.hpp>

#include "stage/stage.h"
#include "support/fresh_kernel.h"

namespace topkima::testbenches {

/// The fidelity of this run, in a kernel of its own: call it before the first module is made.
inline stage::Fidelity both_fidelities() {
  const auto fidelity = GENERATE(stage::Fidelity::row, stage::Fidelity::cycle);
  fresh_kernel();
  return fidelity;
}

/// `config` with the fidelity of this run.
template <typename Config>
Config at_fidelity(Config config, stage::Fidelity fidelity) {
  config.fidelity = fidelity;
  return config;
}

}  // namespace topkima::testbenches
