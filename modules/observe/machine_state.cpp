// SPDX-License-Identifier: Apache-2.0
#include "observe/machine_state.h"

#include <map>
#include <vector>

namespace topkima::observe {

using stage::Account;
using stage::Activity;
using stage::StageId;

namespace {

std::string what(const stage::Ledger& ledger, const Account& account) {
  switch (account.activity) {
    case Activity::busy: return "busy with " + row_name(account.row);
    case Activity::blocked: {
      const std::string by =
          account.refused_by == stage::nobody ? "the next stage" : ledger.name(account.refused_by);
      return "blocked by " + by + " with " + row_name(account.row);
    }
    case Activity::starved: break;
  }
  return "waits for a row" + (account.fed_by == stage::nobody
                                  ? std::string()
                                  : ", the last came from " + ledger.name(account.fed_by));
}

/// The stage that `stage` waits for in the end, through all that block each other; itself unless
/// blocked. Stages that wait in a circle name the one where the circle closes.
StageId at_the_end(const stage::Ledger& ledger, StageId stage) {
  std::vector<StageId> seen;
  for (;;) {
    const Account& account = ledger.account(stage);
    if (account.activity != Activity::blocked || account.refused_by == stage::nobody) return stage;
    for (const auto earlier : seen)
      if (earlier == stage) return stage;
    seen.push_back(stage);
    stage = account.refused_by;
  }
}

}  // namespace

std::string row_name(const stage::RowTag& row) {
  const std::string sequence =
      row.sequence == 0 ? "" : "sequence " + std::to_string(row.sequence) + ", ";
  if (!row.of_head())
    return "token " + std::to_string(row.row) +
           (row.sequence == 0 ? "" : " of sequence " + std::to_string(row.sequence));
  return "row " + std::to_string(row.id) + " (" + sequence + "head " + std::to_string(row.head) +
         ", row " + std::to_string(row.row) + ")";
}

std::string machine_state(const stage::Ledger& ledger) {
  std::string stages, text;
  std::map<StageId, int> waiting;  // by the stage at the end of the chain
  const auto& accounts = ledger.accounts();
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const Account& account = accounts[i];
    if (!account.accounted) continue;
    stages += account.name + ": " + what(ledger, account) + ", since cycle " +
              std::to_string(account.since) + "; holds " + std::to_string(account.held) +
              (account.held == 1 ? " row\n" : " rows\n");
    const auto stage = static_cast<StageId>(i), end = at_the_end(ledger, stage);
    if (account.activity == Activity::blocked && end != stage) ++waiting[end];
  }
  for (const auto& [stage, count] : waiting) {
    const Account& account = ledger.account(stage);
    text += std::to_string(count) + (count == 1 ? " stage waits" : " stages wait") +
            ", directly or through others, for " + account.name + ", " + what(ledger, account) +
            " since cycle " + std::to_string(account.since) + "\n";
  }
  text += stages;
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace topkima::observe
