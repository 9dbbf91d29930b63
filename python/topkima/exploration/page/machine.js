// SPDX-License-Identifier: Apache-2.0
// The report, the machine that it is of, and both in words.
'use strict';
const {report} = data;
const heads = (report.workload || report.model).heads;
const headOptions =
    Array.from({length: heads}, (_, head) => ({value: String(head), text: `head ${head}`}));

/** A parameter's value; undefined for one that the tool does not have. */
const setting = (name) => (report.configuration[name] || {}).value;
// Heads that share K and V may take turns in one chain of stages.
const turns = data.takes_turns ? heads / setting('attention.kv_heads') : 1;
const chains = heads / turns;
const chainOptions = Array.from({length: chains}, (_, chain) => {
  const first = chain * turns;
  const text = turns === 1 ? `head ${first}` : `heads ${first} to ${first + turns - 1}`;
  return {value: String(chain), text};
});
// Beside Topkima's there are machines whose ramps never stop early, and one that selects nothing.
const stopsEarly = data.leaves === 'early winners';
const selects = data.leaves !== 'all';
const rampSteps = 2 ** setting('ima.bits');
/** A ramp that is walked to its end, without the further cycles of steps with several grants. */
const fullRamp = setting('topk.start_cycles') + rampSteps * (1 + setting('topk.step_cycles'));

/** The softmax macro and where the scale is applied, in words. */
function macroText() {
  const {scaling} = data;
  if (!selects) return `conventional softmax over all columns${scaling}`;
  const perCrossbar = stopsEarly || data.sorter_per_crossbar;
  // With a mask each row shares k out anew, and one counter of the head has all of it.
  const shares = perCrossbar ? setting('topk.sub_k') : 'auto';
  const k = shares === 'auto' ? setting('topk.k') : [].concat(shares).join(' + ');
  return `${stopsEarly ? '' : 'digital sorter, '}k = ${k}${scaling}`;
}

/** What is not as in the ideal models, a sentence each. */
function deviations() {
  const {seed, ...known} = report.nonidealities || {};
  const parts = Object.entries(known).map(
      ([name, {value, unit}]) => `${name} = ${valueText(value)}${unit ? ` ${unit}` : ''}`);
  return [
    ...(parts.length ? [`Not ideal: ${parts.join(', ')}, seed ${seed}.`] : []),
    ...(report.rtl || []).map((block) => `RTL: ${block}.`)
  ];
}

function valueText(value) {
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  return typeof value === 'number' ? numberText(value, 6) : String(value);
}

/** Which program made the run. */
function toolText() {
  const {tool, version, git_revision: revision, compiler, systemc} = data.run;
  return `${tool} ${version}, revision ${revision}; ${systemc.split(' ---')[0]}, ${compiler}.`;
}
