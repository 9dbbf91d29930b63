// SPDX-License-Identifier: Apache-2.0
// The page of a whole encoder: heading, what it took; starts all sections.
'use strict';

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** A share with two digits behind the point, as accuracy is told. */
const exactPercent = (share) => `${(100 * share).toFixed(2)}\u00a0%`;

function drawFigures() {
  const {prediction, totals, energy, attention} = report;
  const span = (least, most) => `${numberText(least)} to ${numberText(most)}`;
  const unit = stream ? 'us, its wait included' : 'us';
  const entries = [
    {
      label: 'accuracy',
      value: prediction.asked ? exactPercent(prediction.right / prediction.asked) : 'no labels',
      unit: prediction.asked ?
          `${numberText(prediction.right)} of ${numberText(prediction.asked)}` :
          ''
    },
    {
      label: 'in training',
      share: prediction.accuracy_in_training,
      title: 'of the integer encoder that was exported, on the whole test.npz of its package'
    },
    {
      label: 'in float',
      share: prediction.float_accuracy,
      title: 'of the float network, on the whole test set'
    },
    {label: 'latency per sample', value: numberText(totals.latency_us), unit},
    {
      label: 'latency, least to most',
      value: span(totals.latency_us_least, totals.latency_us_most),
      unit: 'us'
    },
    {label: 'throughput', value: numberText(totals.samples_per_second, 4), unit: 'samples/s'},
    {label: 'energy per sample', value: numberText(totals.energy_uj_per_sample, 4), unit: 'uJ'},
    ...boundsFigures('energy per sample', totals, 'energy_uj_per_sample', 'uJ'),
    {
      label: 'energy, least to most',
      value: span(totals.energy_uj_least, totals.energy_uj_most),
      unit: 'uJ'
    },
    {label: 'area', value: numberText(energy.totals.area_mm2, 4), unit: 'mm\u00b2'},
    ...boundsFigures('area', energy.totals, 'area_mm2', 'mm\u00b2'),
    {
      label: 'alpha',
      value: numberText(mean(attention.map((layer) => layer.alpha)), 4),
      title: 'executed share of the ramp, mean over rows, samples and layers'
    },
  ];
  figures(
      byId('totals'),
      entries.filter(({share}) => share !== null)
          .map((entry) => ({...entry, value: entry.value ?? exactPercent(entry.share)})));
}

function drawHeading() {
  const {model, prediction, totals} = report;
  const first = setting('encoder.first_sample');
  byId('kicker').textContent = `Simulated encoder, ${report.tool}`;
  byId('name').textContent = data.name;
  byId('machine').textContent =
      `${model.task === 'text' ? 'Text' : 'Image'} encoder, ${counted(model.layers, 'layer')}, ${
          counted(model.heads, 'head')}, d_model ${model.d_model}, hidden ${model.hidden}, ${
          counted(model.tokens, 'token')}, ${counted(model.classes, 'class', 'classes')}; ${
          macroText()}, ${setting('ima.bits')}-bit ramp, schedule ${
          setting('pipeline.schedule')}, samples ${stream ? 'in a stream' : 'one at a time'}.`;
  const whole = prediction.accuracy === null ?
      'none of them with a label' :
      `${numberText(prediction.right)} of ${
          counted(prediction.asked, `labelled ${texts ? 'token' : 'sample'}`)} predicted right`;
  byId('summary').textContent =
      `${counted(totals.samples, 'sample')} of the input, number ${numberText(first)} to ${
          numberText(first + totals.samples - 1)}, ${whole}. Trained: ${model.trained}.`;
  drawFigures();
  const {model: network, input, tool, version, git_revision: revision} = data.run;
  const lastOf = (path) => path.replace(/\/+$/, '').split('/').pop();
  byId('meta').textContent = [
    toolText(), `Model: ${lastOf(network)}, input: ${lastOf(input)}.`, ...deviations()
  ].join(' ');
  byId('meta').title = `${network}, ${input}`;
  byId('foot').textContent = `${data.name}, ${tool} ${version}, revision ${revision}.`;
}

function energyNote() {
  const {totals, technology} = report.energy;
  return `${numberText(totals.energy_uj_per_sample, 4)} uJ${
      boundsOf(totals, 'energy_uj_per_sample')}, per sample at ${technology}, ${
      percentText(totals.leakage_uj / totals.energy_uj)} of it leakage; ${
      numberText(
          totals.energy_uj,
          4)} uJ${boundsOf(totals, 'energy_uj')}, and ${
      numberText(totals.average_power_mw, 4)} mW on average over the run of ${
      counted(
          report.totals.samples,
          'sample')}; ${numberText(totals.area_mm2, 4)} mm\u00b2${
      boundsOf(totals, 'area_mm2')}. ${assumedSentence()}`;
}

drawHeading();
startModules();
startModuleStages();
startAttention();
startWhatIf();
startPredictions();
startHistograms();
startEnergy({note: energyNote, of: 'a sample, the mean,', count: report.totals.samples});
startConfiguration();
