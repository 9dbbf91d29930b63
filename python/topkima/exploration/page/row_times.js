// SPDX-License-Identifier: Apache-2.0
// What rows take: percentiles stage by stage, and how their times in the head are spread.
'use strict';
const PERCENTILES = [
  ['least', 'least'], ['p10', '10\u00a0%'], ['median', 'median'], ['p90', '90\u00a0%'],
  ['p99', '99\u00a0%'], ['most', 'most']
];

/**
 * Rows of the table: what is measured, and its percentiles; what takes no row any time is left
 * out.
 */
function rowTimes() {
  const {in_head: inHead, stages} = report.totals.rows;
  const parts = Object.entries(stages).flatMap(
      ([stage, times]) =>
          Object.entries(times).map(([part, spread]) => [`${stage}, ${part}`, spread]));
  return [['in the head', inHead], ...parts.filter(([, spread]) => spread.most > 0)];
}

function drawRowTable() {
  const top = ['cycles of a row', ...PERCENTILES.map(([, text]) => text)].map(
      (text, at) => element('th', {scope: 'col', className: at ? 'number' : ''}, text));
  const rows = rowTimes().map(
      ([name, spread]) => element(
          'tr', {}, element('th', {scope: 'row'}, name),
          ...PERCENTILES.map(
              ([key]) => element('td', {className: 'number'}, numberText(spread[key])))));
  byId('row-times-table')
      .replaceChildren(
          element('thead', {}, element('tr', {}, ...top)), element('tbody', {}, ...rows));
}

function buildRowTimes() {
  const {first, step, counts} = data.row_times;
  const head = byId('row-times-head').value;
  const shown = head === 'all' ? counts : [counts[Number(head)]];
  const sums = shown[0].map((_, at) => shown.reduce((sum, one) => sum + one[at], 0));
  const {accent} = ink();
  return {
    label: 'Rows by their cycles in the head',
    data: [{
      type: 'bar',
      x: sums.map((_, at) => first + at * step + (step - 1) / 2),
      y: sums,
      width: step,
      marker: {color: accent},
      customdata: sums.map(
          (_, at) => step === 1 ?
              numberText(first + at) :
              `${numberText(first + at * step)}\u2013${numberText(first + (at + 1) * step - 1)}`),
      hovertemplate: '%{customdata} cycles: %{y} rows<extra></extra>',
    }],
    layout: layoutOf({
      height: 330,
      bargap: 0.05,
      showlegend: false,
      xaxis: axis({title: {text: 'cycles in the head', standoff: 6}, nticks: 7}),
      yaxis: axis({title: {text: 'rows', standoff: 8}, rangemode: 'tozero', fixedrange: true}),
    }),
  };
}

function startRowTimes() {
  const times = report.totals.rows;
  byId('row-times').hidden = byId('row-times-link').hidden = !times;
  if (!times) return;
  const {in_head: inHead, count} = times;
  byId('row-times-note').textContent =
      `${
          counted(
              count, 'row')} of all heads and sequences: half of them are in their head for no ` +
      `more than ${numberText(inHead.median)} cycles, nine of ten for no more than ${
          numberText(inHead.p90)}, the slowest for ${numberText(inHead.most)}.`;
  drawRowTable();
  byId('row-times-drawn').hidden = !data.row_times;
  if (!data.row_times) return;
  fillSelect(
      byId('row-times-head'),
      [{value: 'all', text: heads > 1 ? 'all' : 'the one head'}, ...(heads > 1 ? headOptions : [])],
      'all', () => draw());
  const draw = chart('row-times-chart', buildRowTimes);
}
