// SPDX-License-Identifier: Apache-2.0
// What was predicted: right and wrong by class, and how to look into a sample.
'use strict';
const texts = report.model.task === 'text';
const {classes} = report.model;
const {counts, confusion, misread, texts: perText} = data.predictions;
const MOST_NUMBERED = 30;  // classes whose cells have room for a number
const LISTED = 15;         // samples on a page of the table

/** Rows are labels, columns predictions. */
function matrixOf() {
  const matrix = Array.from({length: classes}, () => new Array(classes).fill(0));
  for (const [label, predicted, samples] of confusion) matrix[label][predicted] = samples;
  return matrix;
}

const classAxis = (title, extra) => axis({
  title: {text: title, standoff: 6},
  range: [-0.5, classes - 0.5],
  fixedrange: true,
  showgrid: false,
  zeroline: false,
  ...(classes <= MOST_NUMBERED ? {dtick: 1} : {nticks: 10}),
  ...extra
});

/** Of how many there are: ticks at whole numbers. */
const countAxis = (title, values) => axis({
  title: {text: title, standoff: 8},
  rangemode: 'tozero',
  fixedrange: true,
  ...(Math.max(...values) < 6 ? {dtick: 1} : {})
});

/** Right ones in one colour, wrong ones in another, each as dark as the most of its kind. */
function buildConfusion() {
  const matrix = matrixOf();
  const {blocked, raised, accent, ground} = ink();
  const written = {x: [], y: [], text: []};
  const colours = [];
  const part = (right, colour) => {
    const z = matrix.map(
        (row, label) => row.map(
            (samples, predicted) => ((label === predicted) === right && samples ? samples : null)));
    const most = z.flat().reduce((a, b) => Math.max(a, b), 1);
    const ends = [mixed(ground, colour, 0.15), mixed(ground, colour, 0.75)];
    z.forEach((row, label) => row.forEach((samples, predicted) => {
      if (samples === null) return;
      written.x.push(predicted);
      written.y.push(label);
      written.text.push(numberText(samples));
      colours.push(textOn(mixed(ends[0], ends[1], samples / most)));
    }));
    return {
      type: 'heatmap',
      name: right ? 'right' : 'wrong',
      z,
      zmin: 0,
      zmax: most,
      showscale: false,
      xgap: 1,
      ygap: 1,
      colorscale: [[0, ends[0]], [1, ends[1]]],
      hoverongaps: false,
      hovertemplate: 'label %{y}, predicted %{x}: %{z}<extra>%{fullData.name}</extra>',
    };
  };
  const cells = [part(true, accent), part(false, blocked)];
  const numbers = {
    ...written,
    type: 'scatter',
    mode: 'text',
    hoverinfo: 'skip',
    textfont: {size: narrow() ? 9 : 12, color: colours}
  };
  return {
    label: 'Samples by label and prediction',
    data: classes <= MOST_NUMBERED ? [...cells, numbers] : cells,
    layout: layoutOf({
      height: 460,
      margin: {l: 50, r: 12, t: 28, b: 44},
      plot_bgcolor: raised,
      showlegend: false,
      xaxis: classAxis('predicted'),
      yaxis: classAxis('label', {range: [classes - 0.5, -0.5]}),
    }),
  };
}

function drawClasses() {
  const rows = matrixOf().map((row, label) => {
    const samples = row.reduce((sum, each) => sum + each, 0);
    const right = row[label];
    const [taken, times] = row.map((each, at) => [at, at === label ? 0 : each])
                               .reduce((a, b) => (b[1] > a[1] ? b : a));
    return [
      String(label), numberText(samples), numberText(right),
      samples ? percentText(right / samples) : '–',
      counts[label] ? percentText(right / counts[label]) : '–',
      times ? `${taken}, ${numberText(times)}` : '–'
    ];
  });
  fillTable(
      byId('classes-table'),
      [
        'Label', '#Samples', '#Right', '#Of its samples', '#Of its predictions',
        'Most often taken for'
      ],
      rows);
}

function buildCounts() {
  const what = texts ? 'tokens' : 'samples';
  return {
    label: `How many ${what} each class was predicted for`,
    data: [{
      type: 'bar',
      x: counts.map((_, at) => at),
      y: counts,
      marker: {color: ink().accent},
      hovertemplate: `class %{x}: %{y} ${what}<extra></extra>`,
    }],
    layout: layoutOf({
      height: 320,
      bargap: 0.15,
      margin: {l: 50, r: 12, t: 28, b: 44},
      xaxis: classAxis('class'),
      yaxis: countAxis(what, counts),
    }),
  };
}

const shareOf = (at) => (perText.asked[at] ? perText.right[at] / perText.asked[at] : null);

function buildShares() {
  const bins = new Array(20).fill(0);
  perText.asked.forEach((asked, at) => {
    if (asked) ++bins[Math.min(19, Math.floor(20 * shareOf(at)))];
  });
  return {
    label: 'Samples by the share of their tokens that was predicted right',
    data: [{
      type: 'bar',
      x: bins.map((_, at) => (at + 0.5) / 20),
      y: bins,
      marker: {color: ink().accent},
      hovertemplate: '%{x:.1%} right, within 2.5 %: %{y} samples<extra></extra>',
    }],
    layout: layoutOf({
      height: 320,
      bargap: 0.08,
      margin: {l: 50, r: 12, t: 28, b: 44},
      xaxis: axis({
        title: {text: 'right of asked', standoff: 6},
        tickformat: '.0%',
        range: [0, 1],
        fixedrange: true
      }),
      yaxis: countAxis('samples', bins),
    }),
  };
}

/** How each kind of results is shown: chart, words about it, and the table beside it. */
function startPredictions() {
  const {asked, right} = report.prediction;
  byId('classes').hidden = !confusion;
  byId('listed').hidden = !asked;
  if (!asked) {
    byId('predictions-note').textContent =
        'The input has no labels, so only what was predicted can be told.';
    byId('predictions-caption').textContent = 'How often each class was predicted.';
    chart('predictions-chart', buildCounts);
    return;
  }
  const wrong = asked - right;
  byId('predictions-note').textContent =
      `${counted(wrong, texts ? 'token' : 'sample')} of ${numberText(asked)} predicted wrong.`;
  byId('predictions-caption').textContent = texts ?
      'Samples by the share of their tokens that was predicted right.' :
      'Samples by label and prediction: on the diagonal the right ones, in the other colour the ' +
          'wrong ones. Choose a cell to list its samples.';
  chart('predictions-chart', texts ? buildShares : buildConfusion);
  if (confusion) drawClasses();
  startListed();
}
