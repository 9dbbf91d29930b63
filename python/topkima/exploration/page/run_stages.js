// SPDX-License-Identifier: Apache-2.0
// Where the cycles of a run went: by stage and cause, along the critical path.
'use strict';
const latency = report.totals.latency_cycles;

/** Horizontal bars, the longest on top. */
function rankedBars(entries, label, title) {
  const sorted = entries.filter(([, cycles]) => cycles > 0).sort((a, b) => a[1] - b[1]);
  if (!sorted.length) return emptyChart('None.');
  const most = sorted[sorted.length - 1][1];
  return {
    label,
    data: [{
      type: 'bar',
      orientation: 'h',
      y: sorted.map(([kind]) => kind),
      x: sorted.map(([, cycles]) => cycles),
      marker: {color: sorted.map(([kind], place) => stageColour(kind, place))},
      cliponaxis: false,
      textposition: 'outside',
      text: sorted.map(([, cycles]) => `${numberText(cycles)} (${percentText(cycles / latency)})`),
      textfont: {size: 11, color: ink().text},
      hovertemplate: '%{y}: %{text}<extra></extra>',
    }],
    layout: layoutOf({
      height: 90 + sorted.length * 25,
      margin: {l: 40, r: 20, t: 28, b: 44},
      bargap: 0.3,
      showlegend: false,
      xaxis: axis({
        title: {text: title, standoff: 6},
        range: [0, most * (narrow() ? 1.6 : 1.35)],
        fixedrange: true,
        nticks: 5
      }),
      yaxis: axis({fixedrange: true, ticksuffix: '  '}),
    }),
  };
}

/** Of every kind of stage, and of those groups that gain more than each of their kinds alone. */
function gains() {
  const {latency_if_twice_as_fast: faster, groups = {}} = report.critical_path;
  const alone = Object.entries(faster).map(([kind, cycles]) => [kind, latency - cycles]);
  const together =
      Object.values(groups)
          .filter(
              ({kinds, latency_if_twice_as_fast: cycles}) =>
                  kinds.every((kind) => cycles < faster[kind]))
          .map(({label, latency_if_twice_as_fast: cycles}) => [label, latency - cycles]);
  return [...alone, ...together];
}

function startStages() {
  fillSelect(
      byId('stage-head'),
      [
        {value: 'all', text: chains > 1 ? 'mean of all' : 'the one head'},
        ...(chains > 1 ? chainOptions : [])
      ],
      'all', () => draw());
  const draw = stageFigure(() => ({
                             stages: report.stages,
                             head: byId('stage-head').value,
                             cycles: latency,
                             whole: 'the latency'
                           }));
  if (!report.critical_path) {
    byId('critical-charts').hidden = true;
    byId('critical-note').textContent = 'The run was too long to keep its graph of causes.';
    return;
  }
  const [best] = gains().sort((a, b) => b[1] - a[1]);
  const [longest] = Object.entries(report.critical_path.cycles).sort((a, b) => b[1] - a[1]);
  byId('critical-note').textContent =
      `${percentText(longest[1] / latency)} of the latency is spent in ${longest[0]}. ` +
      (best && best[1] > 0 ?
           `The most would be gained in ${best[0]}: twice as fast, the latency falls by ${
               percentText(best[1] / latency)} to ${numberText(latency - best[1])} cycles.` :
           'No stage alone, twice as fast, would shorten the run.');
  chart(
      'path-chart',
      () => rankedBars(
          Object.entries(report.critical_path.cycles),
          'Cycles on the critical path by kind of stage', 'cycles'));
  chart(
      'faster-chart',
      () => rankedBars(gains(), 'Cycles gained by a stage twice as fast', 'cycles gained'));
}
