# SPDX-License-Identifier: Apache-2.0
"""Faults that a designer could make, put one at a time into the RTL that ships, and the runs that
are to find them. Read by mutations.py; a block of data/rtl/blocks.json without a fault is
refused."""

from dataclasses import dataclass

from baseline_faults import baseline_faults
from reader_faults import reader_faults
from system_faults import system_faults


@dataclass(frozen=True)
class Run:
    what: str
    options: str
    tool: str = "macro"   # or "testbench": the block's own, of testbenches/rtl
    blocks: tuple = ()    # that pass it; all of heads, unless it says otherwise
    parameters: int = 0   # which of the twin's sets it needs


@dataclass(frozen=True)
class Fault:
    block: str
    name: str      # without the block's
    wrong: str     # what is
    run: str       # that finds it; of one that no run can find: why
    module: str
    edits: tuple   # of (exact text, which occurs once in the file; its replacement)

    @property
    def unseen(self):
        return self.run not in RUNS


# A machine of one head; runs say what differs.
COMMON = ("--attention.heads 1 --attention.d_model 16 --attention.tokens 24 --score.query_bits 3 "
          "--report.float_reference false --cosim.timeout_cycles 500 --crossbar.gate_empty false")
TWO = "--topk.split 16,8 "
THROUGH = "--topk.stop_when_exhausted false"
WHOLE = ("--attention.query_rows 2 --attention.tokens 256 --crossbar.columns 300 "
         "--topk.split 256 ")    # as many columns as the library has

RUNS = {
    "plain": Run("one crossbar", "--attention.query_rows 6"),
    "two": Run("two crossbars", TWO + "--attention.query_rows 6"),
    "lopsided": Run("crossbars of 22 and 2 columns",
                    "--topk.split 22,2 --attention.query_rows 12"),
    "ties": Run("a coarse ramp: many columns cross in one step",
                TWO + "--attention.query_rows 6 --ima.ramp_lsb 60"),
    "saturated": Run("a fine ramp: scores beyond both its ends, 16 winners",
                     TWO + "--attention.query_rows 6 --ima.ramp_lsb 1 --topk.sub_k 8,8 "
                     "--score.query_bits 5"),
    "equal": Run("16 winners with the same code",
                 "--topk.split 12,12 --attention.query_rows 6 --ima.ramp_lsb 1000 "
                 "--topk.sub_k 8,8"),
    "many": Run("12 winners of one crossbar", "--attention.query_rows 6 --topk.k 12",
                blocks=("topk", "ramp", "softmax")),
    "exhausted": Run("causal: fewer participants than k, stop when exhausted",
                     TWO + "--attention.query_rows 16 --attention.causal true --topk.sub_k 8,5"),
    "scarce": Run("causal: fewer participants than k, ramps run through",
                  TWO + "--attention.query_rows 16 --attention.causal true --topk.sub_k 8,5 " +
                  THROUGH),
    "padded": Run("3 tokens beside padding: the second crossbar has no participant",
                  TWO + "--attention.query_rows 6 --attention.valid_tokens 3 " + THROUGH),
    "empty": Run("padding alone: rows without winners",
                 TWO + "--attention.query_rows 6 --attention.valid_tokens 0 " + THROUGH),
    "large": Run("all addresses: crossbars of 256 and 44 columns",
                 "--attention.query_rows 4 --attention.tokens 300 --topk.split 256,44"),
    "whole": Run("all 256 columns of a crossbar are granted; k is beyond them", WHOLE +
                 "--topk.k 257 " + THROUGH, blocks=("topk", "ramp")),
    "exact": Run("k is the number of the columns", WHOLE + "--topk.k 256",
                 blocks=("topk", "ramp")),
    "used_up": Run("k is beyond all columns; stop with the last of them", WHOLE +
                   "--topk.k 257", blocks=("topk", "ramp")),
    "four": Run("four crossbars of 256 columns, 8 winners of each, all that the union holds",
                "--attention.query_rows 12 --attention.tokens 1024 --topk.split 256,256,256,256 "
                "--topk.sub_k 8,8,8,8", blocks=("topk", "ramp", "union")),
    "long": Run("4096 tokens, the last of which needs all bits, and 16 winners",
                "--attention.query_rows 4 --attention.tokens 4096 "
                "--topk.split " + ",".join(["256"] * 16) + " --topk.sub_k " + ",".join(["1"] * 16),
                blocks=("topk", "ramp", "softmax", "sorter")),
    "full": Run("one sorter keeps 16, all that it can", "--attention.query_rows 6 --topk.k 16",
                blocks=("sorter",)),
    "sorters": Run("a sorter per crossbar, which keep 8 and 3; the second has few participants",
                   TWO + "--attention.query_rows 16 --attention.first_row 8 "
                   "--attention.causal true --sort.sorters crossbar --topk.sub_k 8,3",
                   blocks=("sorter",), parameters=1),
    "sorters_stalled": Run("the same without a mask, with back-pressure in 3 of 10 cycles",
                           TWO + "--attention.query_rows 12 --sort.sorters crossbar "
                           "--topk.sub_k 8,3 --cosim.stall 0.3 --seed 7", blocks=("sorter",),
                           parameters=1),
    "stalled": Run("back-pressure in 3 of 10 cycles, many columns in one step, 16 winners",
                   TWO + "--attention.query_rows 12 --ima.ramp_lsb 40 --topk.sub_k 8,8 "
                   "--cosim.stall 0.3 --seed 7"),
    "unbuffered": Run("no queues, ramps faster than the softmax: rows back to back",
                      TWO + "--attention.query_rows 16 --attention.causal true --ima.ramp_lsb 60 "
                      "--topk.sub_k 8,8 --score.query_bits 2 "
                      "--pipeline.queue_depth 0"),
    "soc": Run("two heads and two causal sequences in a SoC, 16 winners, back-pressure",
               TWO + "--attention.heads 2 --attention.d_model 32 --attention.causal true "
               "--topk.sub_k 8,8 --pipeline.sequences 2 --cosim.stall 0.2 --seed 3 " + THROUGH,
               tool="soc"),
    "reach": Run("ramps that end a few steps below their first crossing",
                 TWO + "--attention.query_rows 12 --topk.sub_k 8,8 --topk.reach 6",
                 blocks=("topk", "ramp", "macro")),
    "interleaved": Run("three crossbars with every third token",
                       "--topk.split 8,8,8 --attention.placement interleaved "
                       "--attention.query_rows 6", blocks=("topk", "ramp", "union")),
    "joined": Run("one counter for three crossbars of a head",
                  "--topk.split 8,8,8 --topk.scope head --attention.query_rows 6",
                  blocks=("topk", "ramp", "union")),
    "gated": Run("causal: the second crossbar rests in most rows, and k is shared out",
                 TWO + "--attention.query_rows 20 --attention.causal true --topk.k 8 "
                 "--crossbar.gate_empty true",
                 blocks=("topk", "ramp", "union", "softmax", "sorter", "latch", "shift_add")),
    "values": Run("a winner in each of two AV arrays of 64 elements, codes at both ends",
                  "--topk.split 12,12 --topk.sub_k 1,1 --attention.query_rows 6 "
                  "--attention.d_model 64 --av.rows 12 --av.lsb 1"),
    "testbench": Run("the unit alone: random rows, stalls and resets, and its table is written "
                     "while rows are in it", "softmax_tb", tool="testbench", blocks=("softmax",)),
    "sorters_alone": Run("four sorters alone: random rows, stalls and resets", "sorter_tb",
                         tool="testbench", blocks=("sorter",)),
    "latches_alone": Run("latches alone: random conversions, stalls and resets", "latch_tb",
                         tool="testbench", blocks=("latch",)),
    "firmware": Run("a SoC's firmware and its doorbells", "--pipeline.sequences 2", tool="soc",
                    blocks=("registers",)),
    "registers_tb": Run("the registers alone: random accesses, refusals, raised bits and resets",
                        "registers_tb", tool="testbench", blocks=("registers",)),
    "reads": Run("a SoC with two sequences, rows of one beat",
                 "--pipeline.sequences 2", tool="soc", blocks=("reader",)),
    "pages": Run("a SoC with rows of three beats, some across a 4 KiB boundary",
                 "--attention.d_model 48 --attention.tokens 96 --bus.latency_cycles 3 "
                 "--topk.k 2", tool="soc", blocks=("reader",)),
    "reader_tb": Run("a channel alone: random commands, grants, answers, destinations and resets",
                     "reader_tb", tool="testbench", blocks=("reader",)),
}


def fault(block, module):
    def make(name, wrong, run, *edits):
        pairs = edits if isinstance(edits[0], tuple) else (edits,)
        return Fault(block, name, wrong, run, module, pairs)
    return make


counter = fault("topk", "topk_counter")
ramp = fault("ramp", "ramp_controller")
union = fault("union", "topk_union")
exponent = fault("softmax", "exponent_unit")
divider = fault("softmax", "divider_unit")
softmax = fault("softmax", "softmax_unit")
macro = fault("macro", "softmax_macro")
fifo = fault("macro", "row_fifo")

FAULTS = (
    # Arbiter, encoder, counter.
    counter("highest_first", "ties go to the highest address", "ties",
            "winner = requests & -requests;",
            "winner = '0;\n    for (int j = 0; j < COLUMNS; j++)\n"
            "      if (requests[j]) winner = COLUMNS'(1) << j;"),
    counter("address_inverted", "the encoder's masks are the wrong way round", "plain",
            "{HALF{1'b1}}, {HALF{1'b0}}", "{HALF{1'b0}}, {HALF{1'b1}}"),
    counter("address_short", "the encoder lacks the highest address bit", "large",
            "assign grant_column[b] = step_valid",
            "assign grant_column[b] = step_valid && b < COLUMN_BITS - 1"),
    counter("address_of_last", "the encoder is wrong for the last column alone", "whole",
            "assign grant_column[b] = step_valid",
            "assign grant_column[b] = step_valid && !(b == 0 && winner[COLUMNS-1])"),
    counter("limit_lacks_a_bit", "k lacks its highest bit", "whole",
            "with_grant == k ||", "with_grant == COUNT_BITS'(k[COUNT_BITS-2:0]) ||"),
    counter("participants_lack_a_bit", "the participants lack their highest bit", "used_up",
            "with_grant == participants);",
            "with_grant == COUNT_BITS'(participants[COUNT_BITS-2:0]));"),
    counter("limit_plus_one", "the counter stops one grant too late", "plain",
            "with_grant == k ||", "with_grant == k + 1'b1 ||"),
    counter("limit_minus_one", "the counter stops one grant too early", "plain",
            "with_grant == k ||", "with_grant + 1'b1 == k ||"),
    counter("limit_narrow", "the comparison with k looks at 3 bits", "many",
            "with_grant == k ||", "with_grant[2:0] == k[2:0] ||"),
    counter("count_kept", "a new conversion does not clear the count", "plain",
            "step_valid && step_first && !resumed ? '0 : granted;", "granted;"),
    counter("count_cleared_again", "every cycle of the first step clears the count", "saturated",
            "step_valid && step_first && !resumed ?", "step_valid && step_first ?"),
    counter("count_of_steps", "the counter counts steps with a grant, not grants", "ties",
            "with_grant = before_step + 1'b1;",
            "with_grant = before_step + COUNT_BITS'(!resumed);"),
    counter("grant_lost", "a grant that is held back leaves the pending requests", "stalled",
            "if (step_valid && grant_ready) pending", "if (step_valid) pending"),
    counter("step_ends_held", "a step ends although its last grant is held back", "stalled",
            "(grant_ready && (last_grant || !two[0]))", "(last_grant || !two[0])"),
    counter("count_held", "a grant that is held back is counted in every cycle", "stalled",
            "if (step_valid && (grant_ready || !grant_valid)) begin\n"
            "      resumed <= !step_ready;\n      granted <= count;\n    end",
            "if (step_valid) begin\n      granted <= count;\n"
            "      if (grant_ready || !grant_valid) resumed <= !step_ready;\n    end"),
    counter("pending_kept", "stop does not drop the pending requests", "ties",
            "resumed <= !step_ready;", "resumed <= |rest;"),
    counter("ready_late", "step_ready comes one cycle after the last grant", "plain",
            "last_grant || !two[0]", "last_grant"),
    counter("ready_early", "step_ready comes one grant early", "plain",
            "!two[0]))", "!(|(rest & (rest - 1'b1)))))"),
    counter("exhausted_is_k", "stop_when_exhausted compares with k", "exhausted",
            "with_grant == participants);", "with_grant == k);"),
    counter("exhausts_always", "stop_when_exhausted is ignored", "scarce",
            "(stop_when_exhausted && with_grant", "(with_grant"),
    counter("stop_waits", "stop only where no request is pending", "ties",
            "(grant_valid && last_grant)", "(grant_valid && last_grant && !(|rest))"),
    counter("reach_ignored", "the ramp does not end with its reach", "reach",
            "reach != '0 && before_step", "1'b0 && before_step"),
    counter("reach_plus_one", "the ramp ends a step behind its reach", "reach",
            "== first_code - reach;", "== first_code - reach - 1'b1;"),
    counter("reach_of_ramp", "the reach counts from the ramp's first step", "reach",
            "if (grant_valid && before_step == '0) first_code", "if (step_first) first_code"),
    counter("reach_of_last", "the reach counts from the last grant", "reach",
            "if (grant_valid && before_step == '0) first_code", "if (grant_valid) first_code"),
    counter("reach_kept", "a conversion ends with the reach of the one before", "reach",
            "reach != '0 && before_step != '0 &&", "reach != '0 &&"),
    counter("reach_needs_grant", "a step without a grant does not end the reach", "reach",
            "|| out_of_reach);", "|| (grant_valid && out_of_reach));"),
    counter("reach_drops", "the last step within reach ends with its first grant", "reach",
            "(last_grant || !two[0])", "(last_grant || out_of_reach || !two[0])"),
    counter("reach_off", "reach 0 ends a conversion with its first crossing", "ties",
            "out_of_reach = reach != '0 &&", "out_of_reach ="),
    counter("code_unsigned", "the granted code loses its sign", "saturated",
            "grant_valid ? step_code : '0", "grant_valid ? step_code & ~(CODE_BITS'(1) << 4) : '0"),
    counter("idle_grants", "grants are offered without a step", "plain",
            "grant_valid = step_valid && one[0]", "grant_valid = one[0]"),
    counter("count_late", "the count that is shown lacks this cycle's grant", "plain",
            ("count = grant_valid ? with_grant : before_step;", "count = before_step;"),
            ("granted <= count;", "granted <= grant_valid ? with_grant : before_step;")),
    counter("no_reset", "reset does not clear the state of a step", "plain",
            "      resumed <= 1'b0;\n", ""),
    counter("silent_step", "a step without crossing is never taken", "plain",
            "step_valid && (!grant_valid || (", "step_valid && ((grant_valid && "),

    counter("oscillates", "a combinational loop that never settles", "plain",
            "grant_valid = step_valid && one[0];",
            "grant_valid = step_valid && one[0] && !again;\n"
            "  /* verilator lint_off UNOPTFLAT */\n  logic again;\n"
            "  assign again = step_valid && !again;"),
    counter("finishes", "the RTL calls $finish at its first stop", "plain",
            "  // Counter. ", "  always_ff @(posedge clk) if (stop) $finish;\n  // "),
    counter("fatal", "the RTL calls $fatal at its first stop", "plain",
            "  // Counter. ",
            "  always_ff @(posedge clk) if (stop) $fatal(1, \"no\");\n  // "),

    # Ramp.
    ramp("last_skipped", "the ramp ends one code early", "scarce",
         "step_code == LOWEST;", "step_code == LOWEST + 1'b1;"),
    ramp("starts_low", "the ramp starts one code low", "plain",
         "HIGHEST = ~LOWEST;", "HIGHEST = ~LOWEST - 1'b1;"),
    ramp("rises", "the ramp rises", "plain", "step_code - 1'b1;\n    end\n  end",
         "step_code + 1'b1;\n    end\n  end"),
    ramp("stop_ignored", "the ramp falls on after stop", "plain",
         "idle <= step_ready && (stop || step_last);", "idle <= step_ready && step_last;"),
    ramp("stale_code", "after stop the next row starts where this one ended", "plain",
         "step_code <= stop || step_last ?", "step_code <= step_last ?"),
    ramp("falls_unasked", "the ramp falls while the counter still grants", "plain",
         "if (step_ready) step_code", "step_code"),
    ramp("ends_unasked", "the ramp is idle while its last step is still granted", "saturated",
         "idle <= step_ready && (stop || step_last);",
         "idle <= (step_ready && stop) || step_last;"),
    ramp("starts_late", "the first step is offered a cycle late", "plain",
         "step_valid = start || !idle;", "step_valid = !idle;\n"
         "  logic starting;\n  assign starting = start && idle;"),
    ramp("pauses", "a step is offered only in every second cycle", "plain",
         ("step_valid = start || !idle;", "step_valid = (start || !idle) && !pause;\n"
          "  logic pause;\n  always_ff @(posedge clk) pause <= !rst && step_valid && step_ready;")),
    ramp("first_short", "step_first only in the first cycle of the first step", "stalled",
         "step_valid && step_code == HIGHEST;", "start && step_code == HIGHEST;"),
    ramp("last_unmarked", "step_last is never set", "scarce",
         ("step_valid && step_code == LOWEST;", "1'b0;\n  logic lowest;\n"
          "  assign lowest = step_valid && step_code == LOWEST;"),
         ("idle <= step_ready && (stop || step_last);", "idle <= step_ready && (stop || lowest);"),
         ("step_code <= stop || step_last ?", "step_code <= stop || lowest ?")),
    ramp("no_reset", "reset does not set the code", "plain",
         "      idle <= 1'b1;\n      step_code <= HIGHEST;", "      idle <= 1'b1;"),
    ramp("start_ignored", "start_ready waits for the end of start", "plain",
         "start_ready = idle;", "start_ready = idle && !start;"),
    ramp("idle_late", "start_ready comes a cycle late", "plain",
         "start_ready = idle;", "start_ready = idle && !late;\n  logic late;\n"
         "  always_ff @(posedge clk) late <= !rst && !idle;"),

    # Union.
    union("reversed", "the crossbars come in the wrong order", "two",
          "for (int c = CROSSBARS - 1; c >= 0; c--) begin",
          "for (int c = 0; c < CROSSBARS; c++) begin"),
    union("first_column_of_0", "all crossbars start at the first one's token", "two",
          "? first_column[c*TOKEN_BITS+:TOKEN_BITS] +", "? first_column[0+:TOKEN_BITS] +"),
    union("first_column_of_next", "a crossbar starts at the next one's token", "two",
          "? first_column[c*TOKEN_BITS+:TOKEN_BITS] +",
          "? first_column[(c+1)%CROSSBARS*TOKEN_BITS+:TOKEN_BITS] +"),
    union("stride_ignored", "neighbouring columns are neighbouring tokens", "interleaved",
          "column_stride * TOKEN_BITS'(in_column", "TOKEN_BITS'(in_column"),
    union("stride_of_first", "the stride multiplies the first column, too", "interleaved",
          ("? first_column[c*TOKEN_BITS+:TOKEN_BITS] +",
           "? column_stride * (first_column[c*TOKEN_BITS+:TOKEN_BITS] +"),
          ("column_stride * TOKEN_BITS'(in_column[FIELD*COLUMN_BITS+:COLUMN_BITS]) : '0;",
           "TOKEN_BITS'(in_column[FIELD*COLUMN_BITS+:COLUMN_BITS])) : '0;")),
    union("stride_odd", "only the lowest bit of the stride counts", "interleaved",
          "column_stride * TOKEN_BITS'(in_column",
          "TOKEN_BITS'(column_stride[0]) * TOKEN_BITS'(in_column"),
    union("gap", "a crossbar with fewer winners leaves a gap", "two",
          "if (in_count[c*IN_BITS+b]) begin", "if (((SUB_K >> b) & 1) == 1) begin"),
    union("full_crossbar", "packing ignores the highest bit of a count", "saturated",
          "b < IN_BITS; b++", "b < IN_BITS - 1; b++"),
    union("token_short", "tokens have 8 bits", "large",
          "TOKEN_BITS'(in_column[FIELD*COLUMN_BITS+:COLUMN_BITS]) : '0;",
          "TOKEN_BITS'(in_column[FIELD*COLUMN_BITS+:COLUMN_BITS]) & TOKEN_BITS'(255) : '0;"),
    union("stale_fields", "fields beyond a crossbar's count are packed too", "soc",
          "present ? in_code[FIELD*CODE_BITS+:CODE_BITS] : '0;",
          "in_code[FIELD*CODE_BITS+:CODE_BITS];"),
    union("count_of_0", "the count is the first crossbar's alone", "two",
          "out_count <= packed_count;", "out_count <= OUT_BITS'(in_count[IN_BITS-1:0]);"),
    union("count_of_last_row", "the count is that of the row before", "exhausted",
          ("  assign in_ready = !out_valid", "  logic [OUT_BITS-1:0] last_count;\n"
           "  assign in_ready = !out_valid"),
          ("out_count <= packed_count;",
           "out_count <= last_count;\n      last_count <= packed_count;")),
    union("count_unsummed", "the counts of the crossbars side by side, not their sum", "two",
          "out_count <= packed_count;", "out_count <= OUT_BITS'(in_count);"),
    union("count_of_32", "the count lacks its highest bit: 32 winners", "four",
          "out_count <= packed_count;", "out_count <= OUT_BITS'(packed_count[OUT_BITS-2:0]);"),
    union("fourth_first_column", "the fourth crossbar has the third one's first column", "four",
          "present ? first_column[c*TOKEN_BITS+:TOKEN_BITS] +",
          "present ? first_column[(c == 3 ? 2 : c)*TOKEN_BITS+:TOKEN_BITS] +"),
    union("max_of_0", "out_max ignores the second crossbar", "two",
          "for (int c = 0; c < CROSSBARS; c++) begin\n      first",
          "for (int c = 0; c < 1; c++) begin\n      first"),
    union("max_unsigned", "out_max compares codes as unsigned", "lopsided",
          "$signed(first) > $signed(largest)", "first > largest"),
    union("max_of_empty", "out_max looks at crossbars without winners", "scarce",
          "|in_count[c*IN_BITS+:IN_BITS] && (!found", "(!found"),
    union("ready_late", "a row waits until the one before has left", "unbuffered",
          "in_ready = !out_valid || out_ready;", "in_ready = !out_valid;"),
    union("overwritten", "a row is taken although the one before has not left", "stalled",
          "in_ready = !out_valid || out_ready;", "in_ready = 1'b1;"),
    union("withdrawn", "a row that waits is not valid any more", "stalled",
          "else if (in_ready) out_valid <= in_valid;", "else out_valid <= in_valid && in_ready;"),
    union("forgotten", "the winners of a row that waits are cleared", "stalled",
          "      out_max <= largest;\n    end",
          "      out_max <= largest;\n    end else begin\n      out_token <= '0;\n    end"),
    union("empty_dropped", "a row without winners gives no result", "empty",
          "out_valid <= in_valid;", "out_valid <= in_valid && |packed_count;"),
    union("no_reset", "reset does not clear out_valid", "plain",
          "if (rst) out_valid <= 1'b0;\n    else if (in_ready)", "if (in_ready)"),

    *baseline_faults(fault),

    # Exponents.
    exponent("distance_plus_one", "distances are one too large", "plain",
             "distance = largest - codes[CODE_BITS-1:0];",
             "distance = largest - codes[CODE_BITS-1:0] + 1'b1;"),
    exponent("distance_short", "the table's address has 2 bits", "saturated",
             "exponent_table[distance];", "exponent_table[CODE_BITS'(distance[1:0])];"),
    exponent("max_of_first", "the row's first code is taken as the largest", "two",
             "largest <= in_max;", "largest <= in_code[CODE_BITS-1:0];"),
    exponent("no_table_write", "the first table entry cannot be written", "plain",
             "if (table_write) exponent_table",
             "if (table_write && |table_address) exponent_table"),
    exponent("table_late", "a table entry is written one edge late", "testbench",
             ("  logic [15:0] exponent_table[", "  logic [CODE_BITS+16:0] late;\n"
              "  logic [15:0] exponent_table["),
             ("    if (table_write) exponent_table[table_address] <= table_data;",
              "    late <= {table_write, table_address, table_data};\n"
              "    if (late[CODE_BITS+16]) exponent_table[late[16+:CODE_BITS]] <= late[15:0];")),
    exponent("exponent_short", "exponents have 15 bits", "plain",
             "exponent <= exponent_table[distance];",
             "exponent <= {1'b0, exponent_table[distance][14:0]};"),
    exponent("sum_kept", "a new row does not clear the sum", "plain",
             "      exponents_sum <= '0;\n", ""),
    exponent("sum_short", "the sum lacks a bit: 16 times the largest exponent", "equal",
             "exponents_sum + SUM_BITS'(exponent);",
             "SUM_BITS'((SUM_BITS-1)'(exponents_sum + SUM_BITS'(exponent)));"),
    exponent("sum_lacks_last", "exponents_valid comes a cycle early", "plain",
             "exponents_valid <= accumulated + 1'b1 == exponents_count;",
             "exponents_valid <= looked_up + OUT_BITS'(look_up) == exponents_count;"),
    exponent("valid_late", "exponents_valid comes a cycle late", "plain",
             "else if (exponent_valid) exponents_valid <= accumulated + 1'b1 == exponents_count;",
             "else if (occupied) exponents_valid <= accumulated == exponents_count;"),
    exponent("exponents_kept", "a new row does not clear the exponents", "soc",
             "if (take) exponents[w*16+:16] <= '0;\n      else if (exponent_valid",
             "if (exponent_valid"),
    exponent("stale_count", "back to back, a row has the count of the one before", "unbuffered",
             "exponents_count <= in_count;", "if (!occupied) exponents_count <= in_count;"),
    exponent("exponent_ready_late", "a row waits until the one before has left", "unbuffered",
             "in_ready = !occupied || (exponents_valid && exponents_ready);",
             "in_ready = !occupied;"),
    exponent("ready_always", "a row is taken although the one before has not left", "stalled",
             "assign in_ready = !occupied || (exponents_valid && exponents_ready);",
             "assign in_ready = !occupied || exponents_valid;"),
    exponent("never_valid", "exponents_valid waits for a winner that does not come", "plain",
             "accumulated + 1'b1 == exponents_count;", "accumulated == exponents_count;"),
    exponent("no_reset", "reset does not clear the unit's state", "plain",
             "    if (rst) begin\n      occupied <= 1'b0;\n      exponent_valid <= 1'b0;\n"
             "      exponents_valid <= 1'b0;\n    end else begin\n", "    begin\n"),

    # Divider.
    divider("truncates", "quotients are not rounded", "plain",
            " - (exponent << 1) + DIVIDEND_BITS'(sum);", " - (exponent << 1);"),
    divider("scale", "quotients are scaled by 2^PROB_BITS", "plain",
            "dividend = (exponent << (PROB_BITS + 1)) - (exponent << 1) +",
            "dividend = (exponent << (PROB_BITS + 1)) +"),
    divider("bits_reversed", "quotient bits come in the wrong order", "plain",
            "assign quotient = found;", "assign quotient = {<<{found}};"),
    divider("equal_does_not_fit", "a remainder equal to the divisor does not fit", "unbuffered",
            "fits = !difference[SUM_BITS+1] && sum != 0;",
            "fits = !difference[SUM_BITS+1] && difference != 0;"),
    divider("last_field", "the last field of a full row is not written", "equal",
            "divided == OUT_BITS'(w))", "divided == OUT_BITS'(w) && w < WINNERS - 1)"),
    divider("last_winner", "the last winner is not divided", "plain",
            "enter = occupied && entered != out_count;",
            "enter = occupied && entered + 1'b1 < out_count;"),
    divider("valid_early", "out_valid comes with the first quotient", "plain",
            "out_valid <= divided + 1'b1 == out_count;", "out_valid <= entered == out_count;"),
    divider("stale_sum", "back to back, a row is divided by the sum of the one before",
            "unbuffered",
            "sum <= in_sum;", "if (!occupied) sum <= in_sum;"),
    divider("stale_exponents", "back to back, a row has the exponents of the one before",
            "unbuffered", "exponents <= in_exponents;",
            "if (!occupied) exponents <= in_exponents;"),
    divider("probabilities_kept", "a new row does not clear the probabilities", "soc",
            "if (take) out_prob[w*PROB_BITS+:PROB_BITS] <= '0;\n      else if (in_stage",
            "if (in_stage"),
    divider("divider_ready_late", "a row waits until the one before has left", "unbuffered",
            "in_ready = !occupied || (out_valid && out_ready);", "in_ready = !occupied;"),
    divider("withdrawn", "a row leaves before it is taken", "stalled",
            "in_ready = !occupied || (out_valid && out_ready);",
            "in_ready = !occupied || out_valid;"),
    softmax("token_lacks_a_bit", "tokens of the divider's rows lack their highest bit", "long",
            ".in_token(exponents_token),",
            ".in_token(exponents_token & ~{WINNERS{TOKEN_BITS'(1) << (TOKEN_BITS - 1)}}),"),
    softmax("count_of_next", "the divider takes the count of the row behind", "unbuffered",
            ".in_count(exponents_count),", ".in_count(in_count),"),
    softmax("hand_off_late", "rows go to the divider a cycle late", "plain",
            ("  assign move =", "  logic seen;\n"
             "  always_ff @(posedge clk) seen <= exponents_valid && !move;\n"
             "  assign move = seen &&"),
            (".exponents_ready(exponents_ready && divider_ready),", ".exponents_ready(move),")),
    divider("zero_sum", "a sum of 0 gives probabilities of 31", "testbench",
            "fits = !difference[SUM_BITS+1] && sum != 0;", "fits = !difference[SUM_BITS+1];"),
    softmax("moves_unready", "rows go to the divider although it is busy", "testbench",
            ("exponents_ready && divider_ready;", "exponents_ready;"),
            (".exponents_ready(exponents_ready && divider_ready),",
             ".exponents_ready(exponents_ready),")),

    # Macro.
    fifo("last_winner", "a row lacks the winner of its last cycle", "two",
         "counts[r*COUNT_BITS+:COUNT_BITS] <= filled + COUNT_BITS'(append_valid);",
         "counts[r*COUNT_BITS+:COUNT_BITS] <= filled;"),
    fifo("filled_kept", "a new row is filled behind the one before", "two",
         "if (ends) filled <= '0;\n      else if (append_valid)", "if (append_valid)"),
    fifo("newest_first", "the newest row leaves first", "exhausted",
         "if (complete != 0 && oldest == PLACE_BITS'(r)) begin",
         "if (complete != 0 && PLACE_BITS'(opened - 1'b1) == PLACE_BITS'(r)) begin"),
    macro("one_is_enough", "a row is complete when one crossbar has converted", "two",
          "|used && &(complete | ~used);", "|(used & complete);"),
    macro("unused_waits", "crossbars that are not used are waited for", "plain",
          "|used && &(complete | ~used);", "|used && &complete;"),
    macro("skip_ignored", "conversions without a step leave no row", "exhausted",
          ".skip(skip[c]),", ".skip(1'b0),"),

    # What no run shows; should one do so, it belongs above.
    union("taken_unready", "the winners are overwritten by a row that is not accepted",
          "a row is offered when the one before has left: one is outstanding",
          "if (in_valid && in_ready) begin", "if (in_valid) begin"),
    macro("empty_enters", "a row without winners enters the softmax unit, and stays",
          "masks make all rows of a run empty or none",
          ".in_valid(winners_leave && some_winners),", ".in_valid(winners_leave),"),
    *system_faults(fault),
    *reader_faults(fault),
)
