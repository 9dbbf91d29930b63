// SPDX-License-Identifier: Apache-2.0
// Samples: those to look into, with the commands for it, and histograms over all.
'use strict';
const listed = {
  order: [],
  page: 0,
  chosen: -1
};

const numberInInput = (sample) => setting('encoder.first_sample') + sample;

/** The samples of the table in order: wrong ones, of texts all, the worst first. */
function orderedSamples() {
  if (texts)
    return perText.sample.map((_, at) => at).sort((a, b) => (shareOf(a) ?? 2) - (shareOf(b) ?? 2));
  const fits = (select, value) => ['all', String(value)].includes(byId(select).value);
  return misread.sample.map((_, at) => at)
      .filter(
          (at) => fits('listed-label', misread.label[at]) &&
              fits('listed-predicted', misread.predicted[at]));
}

function cellsOf(at) {
  const {sample, latency_cycles: cycles, energy_uj: energy} = texts ? perText : misread;
  const share = texts && shareOf(at);
  const button = element(
      'button',
      {type: 'button', className: 'link', title: `look into sample ${numberInInput(sample[at])}`},
      String(numberInInput(sample[at])));
  button.addEventListener('click', () => look(at));
  const answers = texts ?
      [
        numberText(perText.right[at]), numberText(perText.asked[at]),
        share === null ? '–' : percentText(share)
      ] :
      [
        String(misread.label[at]), String(misread.predicted[at]), numberText(misread.logits[at][0]),
        classes > 1 ? `${numberText(misread.logits[at][1])} for ${misread.second[at]}` : '–'
      ];
  return [button, ...answers, numberText(inMicroseconds(cycles[at])), numberText(energy[at])];
}

function drawListed() {
  const start = listed.page * LISTED;
  const shown = listed.order.slice(start, start + LISTED);
  fillTable(
      byId('listed-table'),
      [
        'Sample',
        ...(texts ? ['#Right', '#Asked', '#Share'] :
                    ['#Label', '#Predicted', '#Logit', '#Next logit']),
        '#Latency, us', '#Energy, uJ'
      ],
      shown.map(cellsOf));
  markChosen();
  const count = listed.order.length;
  byId('listed-page').textContent = count ?
      `${numberText(start + 1)}–${numberText(start + shown.length)} of ${numberText(count)}` :
      'none';
  byId('listed-previous').disabled = listed.page === 0;
  byId('listed-next').disabled = start + LISTED >= count;
}

function listAnew() {
  listed.order = orderedSamples();
  listed.page = 0;
  drawListed();
}

function turn(pages) {
  listed.page += pages;
  drawListed();
}

/** Commands that tell rows of one sample; `at` is its place in the columns. */
function look(at) {
  listed.chosen = at;
  markChosen();
  drawLook();
  byId('look').scrollIntoView({block: 'nearest'});
}

function markChosen() {
  const shown = listed.order.slice(listed.page * LISTED);
  [...byId('listed-table').tBodies[0].rows].forEach(
      (row, at) => row.classList.toggle('chosen', shown[at] === listed.chosen));
}

function drawLook() {
  byId('look').hidden = listed.chosen < 0;
  if (listed.chosen < 0) return;
  const sample = (texts ? perText : misread).sample[listed.chosen];
  const number = numberInInput(sample);
  const row = Number(byId('look-row').value);
  const {tokens} = report.model;
  byId('look-title').textContent = `Look into sample ${number}`;
  const fits = Number.isInteger(row) && row >= 0 && row < tokens;
  byId('look-row').setAttribute('aria-invalid', !fits);
  byId('look-note').textContent = fits ?
      `What row ${row} selected in each head${
          texts || row ? '' : ', the class token, from which the prediction is made'}: from this ` +
          'run, and from one of this sample alone.' :
      `Expected a row from 0 to ${tokens - 1}.`;
  const idsOf = (place) =>
      Array.from({length: heads}, (_, head) => (place * heads + head) * tokens + row).join(',');
  const {tool, results, settings, model, input} = data.words;
  const layer = byId('look-layer').value;
  const commands = [
    ['copy-row', `scripts/row ${idsOf(sample)} ${results} --layer ${layer}`],
    [
      'copy-sample',
      `${tool} --quiet --config ${settings} --model ${model} --input ${input} --output ${results}-${
          number} --encoder.first_sample=${number} --encoder.samples=1 --layer ${layer} --row ${
          idsOf(0)}`
    ]
  ];
  byId('look-commands')
      .replaceChildren(...(
          fits ? commands.map(([id, text]) => element('div', {}, ...commandBlock(text, id))) : []));
}

function startListed() {
  byId('listed-title').textContent =
      texts ? 'All samples, the worst first' : 'Samples predicted wrong';
  byId('listed-filters').hidden = texts;
  const among = (values) =>
      [{value: 'all', text: 'all'},
       ...[...new Set(values)]
           .sort((a, b) => a - b)
           .map((one) => ({value: String(one), text: one}))];
  if (!texts) {
    fillSelect(byId('listed-label'), among(misread.label), 'all', listAnew);
    fillSelect(byId('listed-predicted'), among(misread.predicted), 'all', listAnew);
    byId('predictions-chart').on('plotly_click', ({points: [{x, y}]}) => {
      const wrong = misread.label.some((label, at) => label === y && misread.predicted[at] === x);
      byId('listed-label').value = wrong ? String(y) : 'all';
      byId('listed-predicted').value = wrong ? String(x) : 'all';
      listAnew();
    });
  }
  byId('listed-previous').addEventListener('click', () => turn(-1));
  byId('listed-next').addEventListener('click', () => turn(1));
  const layers = Array.from({length: report.model.layers}, (_, layer) => String(layer));
  fillSelect(
      byId('look-layer'), layers.map((layer) => ({value: layer, text: layer})),
      layers[layers.length - 1], drawLook);
  byId('look-row').max = report.model.tokens - 1;
  byId('look-row').addEventListener('input', drawLook);
  listed.order = orderedSamples();
  listed.chosen = listed.order.length ? listed.order[0] : -1;
  drawListed();
  drawLook();
}

const HISTOGRAMS = {
  latency_cycles: {text: 'latency', unit: 'us'},
  interval_cycles: {text: 'interval between samples that leave', unit: 'us'},
  energy_uj: {text: 'energy, leakage included', unit: 'uJ'},
  dynamic_uj: {text: 'dynamic energy', unit: 'uJ'},
};

function buildHistogram(name) {
  const {first, step, counts: bins} = data.histograms[name];
  const {text, unit} = HISTOGRAMS[name];
  const scale = name.endsWith('_cycles') ? inMicroseconds(1) : 1;
  const range = bins.map((_, at) => {
    const middle = first + at * step;
    return name.endsWith('_cycles') ?
        [Math.ceil(middle - step / 2), Math.floor(middle + step / 2)]
                .filter((one, place, all) => !place || one !== all[0])
                .map((one) => numberText(one))
                .join(' to ') +
            ' cycles' :
        `${numberText(middle - step / 2, 6)} to ${numberText(middle + step / 2, 6)} uJ`;
  });
  return {
    label: `Samples by ${text}`,
    data: [{
      type: 'bar',
      x: bins.map((_, at) => (first + at * step) * scale),
      y: bins,
      width: bins.map(() => step * scale),
      marker: {color: ink().accent, line: {width: 0.5, color: ink().ground}},
      customdata: range,
      hovertemplate: '%{customdata}: %{y} samples<extra></extra>',
    }],
    layout: layoutOf({
      height: 300,
      margin: {l: 50, r: 16, t: 28, b: 44},
      xaxis: axis({title: {text: unit, standoff: 6}, nticks: narrow() ? 4 : 7}),
      yaxis: countAxis('samples', bins),
    }),
  };
}

function histogram(place, names, caption) {
  const select = byId(`${place}-shown`);
  const known = names.filter((name) => name in data.histograms);
  const draw = () => {
    drawChart();
    byId(`${place}-caption`).textContent = caption(select.value);
  };
  fillSelect(
      select, known.map((name) => ({value: name, text: HISTOGRAMS[name].text})), known[0], draw);
  const drawChart = chart(`${place}-chart`, () => buildHistogram(select.value));
  byId(`${place}-caption`).textContent = caption(select.value);
}

function startHistograms() {
  const {latency_us: latency, energy_uj_per_sample: energy} = report.totals;
  histogram('time', ['latency_cycles', 'interval_cycles'], (name) => {
    if (name === 'interval_cycles') return 'Samples by the time since the sample before left.';
    return `Samples by latency, ${numberText(latency)} us on average.${
        stream ? ' It counts from cycle 0, so that later samples have waited longer.' : ''}`;
  });
  histogram(
      'spent', ['energy_uj', 'dynamic_uj'],
      (name) =>
          (name === 'energy_uj' ? `Samples by energy, ${numberText(energy, 4)} uJ on average.` :
                                  'Samples by the energy of the events that happened for them.'));
}
