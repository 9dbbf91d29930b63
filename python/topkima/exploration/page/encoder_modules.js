// SPDX-License-Identifier: Apache-2.0
// Where a sample's time goes: module by module, stage by stage, layer by layer.
'use strict';
const {stream} = data;
const inMicroseconds = (cycles) => cycles / setting('clock.frequency_mhz');
const isAttention = (name) => name.endsWith('.attention');
const isFeedForward = (name) => name.endsWith('.feed_forward');

/**
 * When each module's window begins and ends, in us: of the mean sample alone, of the run in a
 * stream. Alone, attention lies inside the feed-forward module behind it, whose own part, `own`, is
 * what it takes longer.
 */
function windowsOf(modules) {
  let at = 0;
  let attended = 0;
  return modules.map(({name, cycles, cycles_per_sample: mean, stages}) => {
    if (stream) return {name, stages, cycles, from: 0, to: inMicroseconds(cycles), own: 0};
    const from = at;
    const to = at + inMicroseconds(mean);
    const own = isFeedForward(name) ? attended : from;
    if (isAttention(name))
      attended = to;
    else
      at = to;
    return {name, stages, cycles, from, to, own};
  });
}
const windows = windowsOf(report.modules);
/** What all windows together are: the latency of the mean sample, or the whole run. */
const whole = Math.max(...windows.map(({to}) => to));

/** The stages of a module that are busiest, of equals all, by their name in each head. */
function busiestOf({stages, cycles}) {
  const most = Math.max(0, ...stages.map((stage) => stage.busy));
  const names =
      new Set(stages.filter((stage) => stage.busy === most).map(({name}) => kindOf(name)));
  return {names: [...names].join(', '), busy: most, share: most / (cycles || 1)};
}

function drawModulesNote() {
  if (stream) byId('modules-title').textContent = 'Where the time of the run goes';
  if (!stream) {
    const parts = windows.filter(({name}) => !isAttention(name));
    byId('modules-note').textContent =
        `A sample takes ${numberText(whole, 4)} us: ${
            parts
                .map(
                    ({name, from, to}) =>
                        `${name.replace('.feed_forward', '')} ${numberText(to - from, 4)}`)
                .join(', ')}. ` +
        'A layer\'s time is its feed-forward module\'s, which works on rows as attention stores ' +
        'them; attention waits for all tokens of the sample.';
    return;
  }
  const [name, busiest] = windows.map((one) => [one.name, busiestOf(one)])
                              .reduce((a, b) => (b[1].busy > a[1].busy ? b : a));
  const perSample = inMicroseconds(busiest.busy) / report.totals.samples;
  byId('modules-note').textContent =
      'All samples wait at the entrance from cycle 0 on, and the modules work at once: the run ' +
      `ends after ${numberText(whole, 4)} us, ${
          numberText(
              whole / report.totals.samples, 4)} us per sample. The busiest stage is ${name}'s ${
          busiest.names}, ${numberText(perSample, 4)} us per sample: no stream is faster.`;
}

function buildModules() {
  const {accent, pale, text, ground} = ink();
  const shown = [...windows].reverse();
  const told = shown.map(
      ({from, to}) => `${numberText(to - from, 4)} us (${percentText((to - from) / whole)})`);
  const trace = (name, fromOf, toOf, marker, extra = {}) => ({
    type: 'bar',
    orientation: 'h',
    name,
    y: shown.map((one) => one.name),
    base: shown.map(fromOf),
    x: shown.map((one) => toOf(one) - fromOf(one)),
    marker,
    cliponaxis: false,
    customdata: told,
    hovertemplate: '%{y}: %{customdata}<extra></extra>',
    ...extra,
  });
  const beside = {
    color: pale,
    pattern: {shape: '/', fillmode: 'overlay', solidity: 0.35, size: 6, fgcolor: ground}
  };
  return {
    label: `Time of each module: ${shown.map(({name}, at) => `${name} ${told[at]}`).join(', ')}`,
    data: [
      trace('beside its attention', ({from}) => from, ({own, from}) => Math.max(own, from), beside),
      trace(
          'its time', ({own, from}) => Math.max(own, from), ({to}) => to, {color: accent},
          {text: told, textposition: 'outside', textfont: {size: 11, color: text}}),
    ],
    layout: layoutOf({
      height: 90 + windows.length * 30,
      barmode: 'overlay',
      bargap: 0.28,
      showlegend: false,
      margin: {l: 40, r: 20, t: 28, b: 44},
      xaxis: axis({
        title: {text: stream ? 'us of the run' : 'us of the mean sample', standoff: 6},
        range: [0, whole * (narrow() ? 1.75 : 1.18)],
        fixedrange: true,
        nticks: narrow() ? 5 : 10
      }),
      yaxis: axis({fixedrange: true, ticksuffix: '  ', tickfont: {color: text}}),
    }),
  };
}

function modulesKeys() {
  const {accent, pale} = ink();
  const keys = [['', accent, stream ? 'until its last sample is done' : 'its part of the latency']];
  if (!stream) keys.push(['hatched', pale, 'together with its attention, whose window this is']);
  byId('modules-keys').replaceChildren(...keys.map(([className, colour, text]) => {
    const swatch = element('i', {className});
    swatch.style.backgroundColor = colour;
    return element('li', {}, swatch, text);
  }));
}

/** A table's head and body; titles that begin with # are above numbers. */
function fillTable(table, titles, rows) {
  const top = titles.map(
      (title) => element(
          'th', {scope: 'col', className: title.startsWith('#') ? 'number' : ''},
          title.replace('#', '')));
  const body = rows.map(
      ([first, ...cells]) => element(
          'tr', {}, element('th', {scope: 'row'}, first),
          ...cells.map(
              (cell, at) => element(
                  'td', {className: titles[at + 1].startsWith('#') ? 'number' : ''}, cell))));
  table.replaceChildren(
      element('thead', {}, element('tr', {}, ...top)), element('tbody', {}, ...body));
}

function startModules() {
  drawModulesNote();
  chart('modules-chart', () => {
    modulesKeys();
    return buildModules();
  });
  byId('modules-caption').textContent = stream ?
      'Each module takes samples in order, as fast as it can. A bar ends when the module is done ' +
          'with the last one.' :
      'Embedding, feed-forward modules and classifier add up to the latency.';
  const {samples} = report.totals;
  fillTable(
      byId('modules-table'),
      [
        'Module', stream ? '#Cycles until done' : '#Cycles per sample', '#us per sample',
        stream ? '#Share of the run' : '#Share of the latency', 'Busiest stage', '#Busy'
      ],
      windows.map((one, at) => {
        const {names, share} = busiestOf(one);
        const {cycles, cycles_per_sample: each} = report.modules[at];
        return [
          one.name, numberText(stream ? cycles : each),
          numberText(inMicroseconds(cycles) / samples), percentText((one.to - one.from) / whole),
          names, percentText(share)
        ];
      }));
}

function startModuleStages() {
  const chosen = () => report.modules[Number(byId('stage-module').value)];
  const hasHeads = () => chosen().stages.some(({name}) => headOf(name) !== undefined);
  fillSelect(
      byId('stage-module'), report.modules.map(({name}, at) => ({value: String(at), text: name})),
      String(Math.max(0, report.modules.findIndex(({name}) => isAttention(name)))), () => change());
  fillSelect(
      byId('stage-head'), [{value: 'all', text: 'mean of all'}, ...headOptions], 'all',
      () => draw());
  const draw = stageFigure(() => ({
                             stages: chosen().stages,
                             head: byId('stage-head').value,
                             cycles: chosen().cycles || 1,
                             whole: `the cycles of ${chosen().name}`
                           }));
  const change = () => {
    byId('stage-heads').hidden = heads === 1 || !hasHeads();
    draw();
  };
  byId('stage-heads').hidden = heads === 1 || !hasHeads();
}

function startAttention() {
  const {attention} = report;
  const alphas = attention.map(({alpha}) => alpha);
  byId('attention-note').textContent = stopsEarly ?
      `The ramp stops after ${percentText(Math.min(...alphas))} to ${
          percentText(Math.max(
              ...alphas))} of its steps; a full conversion takes ${counted(fullRamp, 'cycle')}.` :
      'Every conversion runs through the full ramp.';
  const steps = (values) => values.map((value) => numberText(value, 4)).join(', ');
  fillTable(
      byId('attention-table'),
      [
        'Layer', '#Alpha', '#Mean conversion, cycles', '#Mean winners', 'ramp_lsb per head',
        'score_step per head'
      ],
      attention.map(
          (layer, at) =>
              [String(at), numberText(layer.alpha, 4), numberText(layer.mean_conversion_cycles, 4),
               numberText(layer.mean_winners, 4), steps(layer.ramp_lsb), steps(layer.score_step)]));
}
