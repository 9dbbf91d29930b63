// SPDX-License-Identifier: Apache-2.0
// What the rows did: their way through the pipeline, how long they were converted, which tokens
// they selected.
'use strict';

function buildPipeline() {
  const {rows, stages, shared} = data.pipeline;
  const mine = data.pipeline.heads[byId('pipeline-head').value] || [];
  const spans = [...shared, ...mine];
  const used =
      stages.filter((_, at) => spans.some(([stage, , , from, to]) => stage === at && to > from));
  const {ground, text} = ink();
  const trace = (what, chosen, extra) => ({
    type: 'bar',
    orientation: 'h',
    name: what,
    y: chosen.map(([stage]) => stages[stage]),
    base: chosen.map(([, , , from]) => from),
    x: chosen.map(([, , , from, to]) => to - from),
    customdata: chosen.map(([, row, , from, to, by]) => [row, from, to, by]),
    ...extra,
  });
  const colours = (chosen) => chosen.map(([, row]) => seriesColour(row % 6));
  const busy = spans.filter(([, , what, from, to]) => what === 'busy' && to > from);
  const blocked = spans.filter(([, , what, from, to]) => what === 'blocked' && to > from);
  const ends = mine.flatMap(([, , , from, to]) => [from, to]);
  const last = Math.max(...ends);
  let first = Math.min(...ends);
  // With the projection of the first row, where that leads straight into the head.
  for (const [, row, what, from, to] of shared)
    if (row === 0 && what === 'busy' && to >= first) first = Math.min(first, from);
  const cycles = 'cycles %{customdata[1]} to %{customdata[2]} (%{x})';
  const margin = Math.max(1, (last - first) * 0.02);
  return {
    label: `The first ${rows} rows of the head in each stage over time`,
    data: [
      trace('busy', busy, {
        marker: {color: colours(busy), line: {width: 1, color: colours(busy)}},
        text: busy.map(([, row]) => String(row)),
        textposition: 'inside',
        insidetextanchor: 'middle',
        textangle: 0,
        constraintext: 'inside',
        insidetextfont: {color: busy.map(([, row]) => textOn(seriesColour(row % 6)))},
        hovertemplate: `row %{customdata[0]} in %{y}<br>${cycles}<extra></extra>`,
      }),
      trace('blocked', blocked, {
        marker: {
          color: colours(blocked),
          line: {width: 1, color: ground},
          pattern: {shape: '/', fillmode: 'overlay', solidity: 0.45, size: 6}
        },
        hovertemplate:
            `row %{customdata[0]} in %{y}, blocked by %{customdata[3]}<br>${cycles}<extra></extra>`,
      }),
    ],
    layout: layoutOf({
      height: 110 + 40 * used.length,
      barmode: 'overlay',
      bargap: 0.2,
      showlegend: false,
      margin: {l: 40, r: 16, t: 30, b: 44},
      uniformtext: {minsize: 10, mode: 'hide'},
      xaxis: axis({
        title: {text: 'cycle', standoff: 6},
        range: [first - margin, last + margin],
        nticks: 10
      }),
      yaxis: axis({
        type: 'category',
        categoryorder: 'array',
        categoryarray: [...used].reverse(),
        fixedrange: true,
        ticksuffix: '  ',
        tickfont: {color: text}
      }),
      uirevision: byId('pipeline-head').value,
    }),
  };
}

function startPipeline() {
  if (data.pipeline.missing) {
    byId('pipeline-note').textContent = data.pipeline.missing;
    byId('pipeline-shown').hidden = true;
    return;
  }
  const shown = Object.keys(data.pipeline.heads);
  byId('pipeline-note').textContent = `Rows 0 to ${data.pipeline.rows - 1} of the first sequence${
      shown.length < heads ? `, of head 0 of ${heads}` : ''}.`;
  fillSelect(
      byId('pipeline-head'), shown.map((head) => ({value: head, text: `head ${head}`})), shown[0],
      () => draw());
  const draw = chart('pipeline-chart', buildPipeline);
}

function conversionCounts(head, crossbar) {
  const {counts} = data.conversions;
  const chosen = head === 'all' ? counts : [counts[Number(head)]];
  return chosen[0][crossbar].map(
      (_, at) => chosen.reduce((sum, each) => sum + each[crossbar][at], 0));
}

function buildRamp() {
  const {first, counts} = data.conversions;
  const crossbars = counts[0].length;
  const {text, line} = ink();
  const traces = Array.from({length: crossbars}, (_, crossbar) => {
    const count = conversionCounts(byId('ramp-head').value, crossbar);
    const total = count.reduce((sum, each) => sum + each, 0) || 1;
    return {
      type: 'bar',
      name: crossbars > 1 ? `crossbar ${crossbar}` : 'conversions',
      x: count.map((_, at) => first + at),
      y: count.map((each) => each / total),
      customdata: count,
      marker: {
        color: seriesColour(crossbar),
        pattern: {
          shape: ['', '/', '.', 'x'][crossbar % 4],
          fillmode: 'overlay',
          solidity: 0.2,
          fgcolor: ink().ground
        }
      },
      hovertemplate: '%{x} cycles: %{y:.1%}, %{customdata} rows<extra>%{fullData.name}</extra>',
    };
  });
  const last = Math.max(first + counts[0][0].length - 1, fullRamp);
  return {
    label: 'Share of conversions by their cycles',
    data: traces,
    layout: layoutOf({
      height: 420,
      barmode: 'group',
      bargap: 0.1,
      showlegend: crossbars > 1,
      margin: {l: 50, r: 20, t: 50, b: 44},
      xaxis: axis({
        title: {text: 'cycles of a conversion', standoff: 6},
        range: [Math.min(0, first) - 0.5, last * 1.06 + 0.5],
        nticks: 9
      }),
      yaxis: axis({
        title: {text: 'share of rows', standoff: 8},
        tickformat: '.0%',
        rangemode: 'tozero',
        fixedrange: true,
        nticks: 6
      }),
      shapes: [{
        type: 'line',
        x0: fullRamp,
        x1: fullRamp,
        y0: 0,
        y1: 1,
        yref: 'paper',
        line: {color: line, width: 2, dash: 'dash'}
      }],
      annotations: [{
        x: fullRamp,
        y: 1,
        yref: 'paper',
        xanchor: 'right',
        yanchor: 'top',
        xshift: -5,
        showarrow: false,
        text: `full ramp, ${rampSteps} steps`,
        font: {color: text}
      }],
    }),
  };
}

function startRamp() {
  if (!stopsEarly) {
    byId('ramp').hidden = true;
    byId('ramp-link').hidden = true;
    byId('rows').className = '';
    return;
  }
  const {alpha} = report.early_stop;
  byId('ramp-note').textContent = `${
      percentText(
          alpha)} of the ramp's steps are executed: mean over rows of the slowest crossbar.`;
  byId('ramp-caption').textContent =
      'Cycles of each conversion in the first sequence. A step in which several columns are ' +
      'granted takes a cycle for each, so that a conversion may take longer than a full ramp.';
  fillSelect(
      byId('ramp-head'),
      [{value: 'all', text: heads > 1 ? 'all' : 'the one head'}, ...(heads > 1 ? headOptions : [])],
      'all', () => draw());
  const draw = chart('ramp-chart', buildRamp);
}

function buildSelection() {
  const {rows, tokens, per_row: perRow, per_token: perToken} = data.selection;
  const head = data.selection.heads[Number(byId('selection-head').value)];
  const probable = !selects || byId('selection-value').value === 'probability';
  const [down, across] = [Math.ceil(rows / perRow), Math.ceil(tokens / perToken)];
  const unit = 2 ** setting('softmax.prob_bits') - 1;
  const z = Array.from({length: down}, () => new Array(across).fill(0));
  let cell = 0;
  head.gaps.forEach((gap, at) => {
    cell += gap;
    const [row, token] = [Math.floor(cell / across), cell % across];
    const area =
        Math.min(perRow, rows - row * perRow) * Math.min(perToken, tokens - token * perToken);
    z[row][token] = (probable ? head.probability[at] / unit : head.winners[at]) / area;
  });
  const binned = perRow * perToken > 1;
  const what = probable ? 'probability' : binned ? 'share selected' : 'selected';
  return {
    label: `Map of ${what} by row and token`,
    data: [{
      type: 'heatmap',
      z,
      x0: (perToken - 1) / 2,
      dx: perToken,
      y0: (perRow - 1) / 2,
      dy: perRow,
      colorscale: ink().scale,
      zmin: 0,
      showscale: probable || binned,
      colorbar: {
        thickness: 12,
        outlinewidth: 0,
        title: {text: binned ? `mean ${what}` : what, side: 'right'},
        nticks: 6,
        tickcolor: ink().line
      },
      hovertemplate: `row %{y}, token %{x}<br>${what} %{z:.3g}<extra></extra>`,
    }],
    layout: layoutOf({
      height: 470,
      margin: {l: 50, r: 10, t: 30, b: 44},
      xaxis: axis({
        title: {text: 'token', standoff: 6},
        showgrid: false,
        zeroline: false,
        range: [-0.5, tokens - 0.5],
        nticks: 8
      }),
      yaxis: axis({
        title: {text: 'row', standoff: 8},
        showgrid: false,
        zeroline: false,
        range: [rows - 0.5, -0.5],
        nticks: 8
      }),
    }),
  };
}

function selectionNote() {
  const reference = report.float_reference;
  if (!selects)
    return `Nothing is selected: the ${
               numberText(report.totals.mean_winners)} columns per row that take part all go ` +
        `through softmax and AV arrays; ${
               percentText(data.selection.zero_share)} of them with probability 0.`;
  return reference ?
      `${
          percentText(
              reference
                  .topk_overlap_exact)} of the exact top-k are selected; the selected tokens hold ${
          percentText(reference.topk_mass)} of the float softmax.` :
      `${numberText(report.totals.mean_winners)} tokens are selected per row.`;
}

function startSelection() {
  const {per_row: perRow, per_token: perToken} = data.selection;
  byId('selection-note').textContent = selectionNote();
  if (!selects) {
    for (const place of ['selection-title', 'selection-link'])
      byId(place).textContent = 'Probabilities';
    byId('selection-shown').hidden = true;
  }
  byId('selection-caption').textContent = perRow * perToken > 1 ?
      `First sequence. A cell is the mean over ${counted(perRow, 'row')} by ${
          counted(perToken, 'token')}.` :
      'First sequence.';
  fillSelect(byId('selection-head'), headOptions, '0', () => draw());
  fillSelect(
      byId('selection-value'),
      [{value: 'probability', text: 'probability'}, {value: 'selected', text: 'selected'}],
      'probability', () => draw());
  const draw = chart('selection-chart', buildSelection);
}
