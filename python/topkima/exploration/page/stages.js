// SPDX-License-Identifier: Apache-2.0
// Where the cycles of stages went: busy, starved, blocked, and by what.
'use strict';
const FLOW = data.stages.flow;

const kindOf = (name) => name.replace(/^head\d+\./, '');
const headOf = (name) => (/^head(\d+)\./.exec(name) || [])[1];
const inFlow =
    (kinds) => [...kinds].sort((a, b) => (FLOW.indexOf(a) + 1 || 99) - (FLOW.indexOf(b) + 1 || 99));

/**
 * Accounts of stages by what they are called in each head, of one head or the mean over all; causes
 * likewise.
 */
function accountsOf({stages, head}) {
  const accounts = new Map();
  for (const stage of stages) {
    if (head !== 'all' && headOf(stage.name) !== undefined && headOf(stage.name) !== head) continue;
    const kind = kindOf(stage.name);
    if (!accounts.has(kind))
      accounts.set(kind, {stages: 0, rows: 0, busy: 0, starved: new Map(), blocked: new Map()});
    const account = accounts.get(kind);
    ++account.stages;
    account.rows += stage.rows;
    account.busy += stage.busy;
    for (const wait of ['starved', 'blocked']) {
      for (const [cause, cycles] of Object.entries(stage[wait].by)) {
        const by = kindOf(cause);
        account[wait].set(by, (account[wait].get(by) || 0) + cycles);
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

/**
 * `shown`: the stages, the head or 'all', the cycles that each bar is, and what these are in words.
 */
function buildStages(shown) {
  const accounts = accountsOf(shown);
  const kinds = inFlow(accounts.keys()).reverse();
  const {text, ground, accent} = ink();
  const bar = (name, cyclesOf, colour, pattern) => {
    const cycles = kinds.map((kind) => cyclesOf(accounts.get(kind)));
    return {
      type: 'bar',
      orientation: 'h',
      name,
      y: kinds,
      x: cycles.map((count) => count / shown.cycles),
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
  const drawn = traces.filter((trace) => trace.x.some((share) => share > 0));
  byId('stage-keys').replaceChildren(...drawn.map(({name: key, marker}) => {
    const swatch = element('i', {className: marker.pattern ? 'hatched' : ''});
    swatch.style.backgroundColor = marker.color;
    return element('li', {}, swatch, key);
  }));
  return {
    label: `Busy, blocked and starved share of each stage, of ${shown.whole}`,
    data: drawn,
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
        title: {text: `share of ${shown.whole}`, standoff: 6}
      }),
      yaxis: axis({fixedrange: true, ticksuffix: '  ', tickfont: {color: text}}),
    }),
  };
}

function drawStageTable(shown) {
  const accounts = accountsOf(shown);
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

/** Chart and table of what `shown` gives; returns the function that draws them anew. */
function stageFigure(shown) {
  const drawChart = chart('stage-chart', () => buildStages(shown()));
  const draw = () => {
    byId('stages-caption').textContent =
        'Busy, starved (plain) and blocked (hatched) cycles by what caused the wait; each bar is ' +
        `all of ${shown().whole}.`;
    drawStageTable(shown());
  };
  draw();
  return () => {
    drawChart();
    draw();
  };
}
