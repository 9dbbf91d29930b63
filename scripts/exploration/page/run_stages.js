// Where the cycles of a run went: by stage and cause, along the critical path.
'use strict';
const {report} = data;
const latency = report.totals.latency_cycles;
const heads = report.workload.heads;
const headOptions =
    Array.from({length: heads}, (_, head) => ({value: String(head), text: `head ${head}`}));
const FLOW = [
  'bus.read', 'projection.k', 'projection.v', 'write.k', 'write.v', 'projection.q', 'fold', 'score',
  'union', 'latch', 'shifter', 'sorter', 'exponent', 'divider', 'weighted', 'store', 'bus.write'
];

/** A parameter's value; undefined for one that the tool does not have. */
const setting = (name) => (report.configuration[name] || {}).value;
// Beside Topkima's there are machines whose ramps never stop early, and one that selects nothing.
const macro = setting('softmax.macro') || 'topkima';
const stopsEarly = macro === 'topkima';
const selects = macro !== 'conventional';

const kindOf = (name) => name.replace(/^head\d+\./, '');
const headOf = (name) => (/^head(\d+)\./.exec(name) || [])[1];
const inFlow =
    (kinds) => [...kinds].sort((a, b) => (FLOW.indexOf(a) + 1 || 99) - (FLOW.indexOf(b) + 1 || 99));

/** Accounts by kind of stage, of one head or the mean over all; causes by their kind. */
function accountsOf(head) {
  const accounts = new Map();
  for (const stage of report.stages) {
    if (head !== 'all' && headOf(stage.name) !== undefined && headOf(stage.name) !== head) continue;
    if (!accounts.has(stage.kind))
      accounts.set(
          stage.kind, {stages: 0, rows: 0, busy: 0, starved: new Map(), blocked: new Map()});
    const account = accounts.get(stage.kind);
    ++account.stages;
    account.rows += stage.rows;
    account.busy += stage.busy;
    for (const wait of ['starved', 'blocked']) {
      for (const [cause, cycles] of Object.entries(stage[wait].by)) {
        const kind = kindOf(cause);
        account[wait].set(kind, (account[wait].get(kind) || 0) + cycles);
      }
    }
  }
  for (const account of accounts.values()) {
    account.rows /= account.stages;
    account.busy /= account.stages;
    for (const wait of ['starved', 'blocked']) {
      for (const [kind, cycles] of account[wait]) account[wait].set(kind, cycles / account.stages);
    }
  }
  return accounts;
}

const totalOf = (waits) => [...waits.values()].reduce((sum, cycles) => sum + cycles, 0);

function buildStages() {
  const accounts = accountsOf(byId('stage-head').value);
  const kinds = inFlow(accounts.keys()).reverse();
  const {text, ground, accent} = ink();
  const bar = (name, cyclesOf, colour, pattern) => {
    const cycles = kinds.map((kind) => cyclesOf(accounts.get(kind)));
    return {
      type: 'bar',
      orientation: 'h',
      name,
      y: kinds,
      x: cycles.map((count) => count / latency),
      customdata: cycles.map((count) => numberText(Math.round(count))),
      marker: {
        color: colour,
        line: {width: 0.5, color: ground},
        ...(pattern ? {
          pattern: {shape: '/', fillmode: 'overlay', solidity: 0.35, size: 6, fgcolor: ground}
        } :
                      {})
      },
      hovertemplate: '%{y}: %{x:.1%}, %{customdata} cycles<extra>%{fullData.name}</extra>',
    };
  };
  const traces = [bar('busy', (account) => account.busy, accent)];
  for (const [wait, sign] of [['blocked', true], ['starved', false]]) {
    const causes = new Set([...accounts.values()].flatMap((account) => [...account[wait].keys()]));
    const ordered = [
      ...inFlow([...causes].filter((cause) => cause !== 'no more rows')),
      ...(causes.has('no more rows') ? ['no more rows'] : [])
    ];
    ordered.forEach((cause, place) => {
      const named = cause === 'no more rows' ? 'no more rows' : `${wait} by ${cause}`;
      traces.push(bar(
          named, (account) => account[wait].get(cause) || 0,
          sign ? stageColour(cause, place) : mixed(stageColour(cause, place), ground, 0.5), sign));
    });
  }
  const shown = traces.filter((trace) => trace.x.some((share) => share > 0));
  byId('stage-keys').replaceChildren(...shown.map(({name: key, marker}) => {
    const swatch = element('i', {className: marker.pattern ? 'hatched' : ''});
    swatch.style.backgroundColor = marker.color;
    return element('li', {}, swatch, key);
  }));
  return {
    label: 'Busy, blocked and starved share of each stage',
    data: shown,
    layout: layoutOf({
      height: 90 + kinds.length * 30,
      barmode: 'stack',
      bargap: 0.28,
      margin: {l: 40, r: 20, t: 28, b: 44},
      showlegend: false,
      xaxis: axis({
        tickformat: '.0%',
        range: [0, 1],
        fixedrange: true,
        title: {text: 'share of the latency', standoff: 6}
      }),
      yaxis: axis({fixedrange: true, ticksuffix: '  ', tickfont: {color: text}}),
    }),
  };
}

function drawStageTable() {
  const accounts = accountsOf(byId('stage-head').value);
  const top = ['Stage', 'Rows', 'Busy', 'Blocked', 'Starved', 'Largest wait'].map(
      (text, at) => element('th', {scope: 'col', className: at && at < 5 ? 'number' : ''}, text));
  const rows = inFlow(accounts.keys()).map((kind) => {
    const account = accounts.get(kind);
    const waits = ['blocked', 'starved'].flatMap(
        (wait) => [...account[wait]].map(
            ([cause,
              cycles]) => [cycles, cause === 'no more rows' ? cause : `${wait} by ${cause}`]));
    const largest = waits.sort((a, b) => b[0] - a[0])[0];
    const cycles = [
      account.rows, account.busy, totalOf(account.blocked), totalOf(account.starved)
    ].map((count) => element('td', {className: 'number'}, numberText(Math.round(count))));
    return element(
        'tr', {}, element('th', {scope: 'row'}, kind), ...cycles,
        element(
            'td', {},
            largest && largest[0] > 0 ? `${largest[1]}, ${numberText(Math.round(largest[0]))}` :
                                        '–'));
  });
  byId('stage-table')
      .replaceChildren(
          element('caption', {}, 'Cycles'), element('thead', {}, element('tr', {}, ...top)),
          element('tbody', {}, ...rows));
}

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

const gains = () => Object.entries(report.critical_path.latency_if_twice_as_fast)
                        .map(([kind, cycles]) => [kind, latency - cycles]);

function startStages() {
  fillSelect(
      byId('stage-head'),
      [
        {value: 'all', text: heads > 1 ? 'mean of all' : 'the one head'},
        ...(heads > 1 ? headOptions : [])
      ],
      'all', () => {
        drawStages();
        drawStageTable();
      });
  const drawStages = chart('stage-chart', buildStages);
  drawStageTable();
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
           `The most would be gained by a faster ${best[0]}: twice as fast, the latency falls by ${
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
