// SPDX-License-Identifier: Apache-2.0
// The run's page: heading, diagram, what it took.
'use strict';

/** What masks did, of a run in which not all tokens take part in every row. */
function maskEntries(masks) {
  const {mean, least, most} = masks.participants_per_row;
  const {conversions, resting_conversions: resting, crossbars} = masks;
  const shares = crossbars.filter(crossbar => crossbar.share_of_k !== undefined);
  const entries = [
    {
      label: 'participants',
      value: numberText(mean, 4),
      unit: 'tokens',
      title: `take part in a row, mean; ${numberText(least)} to ${numberText(most)}`
    },
    {label: 'winners', value: numberText(masks.winners_per_row, 4), title: 'of a row, mean'},
    {
      label: 'resting conversions',
      value: percentText(resting / (resting + conversions)),
      title: 'of crossbars in which no token took part'
    },
  ];
  if (shares.length > 1 && shares.length <= 8)
    entries.push({
      label: 'shares of k',
      value: shares.map(crossbar => numberText(crossbar.share_of_k, 3)).join(' + '),
      title: 'of each crossbar, mean over the rows in which it has participants'
    });
  return entries;
}

function drawHeading() {
  const {totals, workload, early_stop: early, float_reference: reference} = report;
  const {tool, version, git_revision: revision, input} = data.run;
  byId('kicker').textContent = `Simulated run, ${tool}`;
  byId('name').textContent = data.name;
  byId('machine').textContent =
      `${counted(workload.heads, 'head')}, ${counted(workload.query_rows, 'row')}, ${
          counted(workload.tokens, 'token')}, ` +
      `d_k ${workload.d_k}; ${macroText()}, ${setting('ima.bits')}-bit ramp, schedule ${
          setting('pipeline.schedule')}.`;
  byId('summary').textContent =
      `${counted(setting('pipeline.sequences') || 1, 'sequence')} in ${
          numberText(totals.latency_cycles)} cycles (${numberText(totals.latency_us)} us at ` +
      `${numberText(setting('clock.frequency_mhz'))} MHz); ${
          stopsEarly ? `the ramp stops after ${percentText(early.alpha)} of its steps` :
                       'every conversion runs through the full ramp'}` +
      `${
          reference ? `; against exact float attention a cosine similarity of ${
                          numberText(reference.cosine_similarity, 4)} and a relative error of ${
                          numberText(reference.relative_error, 4)}` :
                      ''}.`;
  const entries = [
    {label: 'latency', value: numberText(totals.latency_cycles), unit: 'cycles'},
    {label: 'latency', value: numberText(totals.latency_us), unit: 'us'},
    {
      label: 'throughput',
      value: numberText(totals.steady_state.tops, 4),
      unit: 'TOPS',
      title: 'dense operations over the time of a sequence in steady state'
    },
    {
      label: 'closed-form estimate',
      value: numberText(Math.round(totals.closed_form_cycles)),
      unit: 'cycles'
    },
    {label: 'mean conversion', value: numberText(totals.mean_conversion_cycles, 4), unit: 'cycles'},
    {
      label: 'alpha',
      value: numberText(early.alpha, 4),
      title: 'executed share of the ramp, mean over rows of the slowest crossbar'
    },
  ];
  if (reference)
    entries.push(
        {label: 'cosine similarity', value: numberText(reference.cosine_similarity, 4)}, {
          label: 'relative error',
          value: numberText(reference.relative_error, 4),
          title: 'root mean square error of the output over that of its exact values'
        });
  if (reference && selects) {
    entries.push(
        {
          label: 'top-k overlap',
          value: percentText(reference.topk_overlap_float),
          title: 'share of the float top-k that was selected'
        },
        {
          label: 'softmax mass',
          value: percentText(reference.topk_mass),
          title: 'mean float probability of the selected tokens, summed'
        });
  }
  if (report.masks) entries.push(...maskEntries(report.masks));
  if (report.energy) {
    const {totals: taken} = report.energy;
    entries.push(
        {label: 'energy', value: numberText(taken.energy_uj, 4), unit: 'uJ'},
        ...boundsFigures('energy', taken, 'energy_uj', 'uJ'),
        {label: 'area', value: numberText(taken.area_mm2, 4), unit: 'mm\u00b2'},
        ...boundsFigures('area', taken, 'area_mm2', 'mm\u00b2'));
  }
  figures(byId('totals'), entries);
  const origin =
      input ? `Input: ${input}.` : `Synthetic tensors, seed ${setting('workload.seed')}.`;
  byId('meta').textContent = [toolText(), origin, ...deviations()].join(' ');
  byId('foot').textContent = `${data.name}, ${tool} ${version}, revision ${revision}.`;
}

function startDiagram() {
  const told = byId('block-told');
  const tell = (event) => {
    const block = event.target.closest('.block');
    if (block) told.textContent = block.getAttribute('aria-label');
  };
  byId('diagram').addEventListener('focusin', tell);
  byId('diagram').addEventListener('pointerover', tell);
}

function energyNote() {
  const {totals, technology} = report.energy;
  const told = (name, unit, digits = 4) =>
      `${numberText(totals[name], digits)} ${unit}${boundsOf(totals, name)}`;
  return `${told('energy_uj', 'uJ')}, at ${technology}: ${
      told('average_power_mw', 'mW')}, on average; ${
      told('energy_per_row_pj', 'pJ')}, per row of a head (${
      told('softmax_energy_per_row_pj', 'pJ')}, from its score to its probabilities); ${
      told('tops_per_w', 'TOPS/W')}; ${told('area_mm2', 'mm\u00b2')}; ${
      told('tops_per_mm2', 'TOPS/mm\u00b2', 3)}. ${assumedSentence()}`;
}

drawHeading();
startDiagram();
startStages();
startWhatIf();
startPipeline();
startRowTimes();
startRamp();
startSelection();
startEnergy({note: energyNote, of: 'the run', count: 1});
startConfiguration();
