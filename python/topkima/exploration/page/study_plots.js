// SPDX-License-Identifier: Apache-2.0
// The study's charts: trade-off, importance, and the map of bottlenecks.
'use strict';
const OFF = '(off)';
const worded = (text) => (text === '' ? OFF : text);

const hoverTexts = [];
function hoverText(i) {
  if (!hoverTexts[i]) {
    const lines = [`<b>point ${data.number[i]}</b>${
        data.workload.texts.length > 1 ? `, ${escaped(fieldOf.get('workload').text(i))}` : ''}`];
    for (const field of [...objectiveFields, ...parameterFields]) {
      if (field.text(i) !== '')
        lines.push(`${escaped(field.name)}: ${escaped(field.text(i))}${
            field.unit ? ` ${escaped(field.unit)}` : ''}`);
    }
    const bottleneck = fieldOf.get('bottleneck').text(i);
    if (bottleneck) lines.push(`bottleneck: ${escaped(bottleneck)}`);
    if (isViolator(i)) lines.push(`violates ${escaped(data.violates[i].join(', '))}`);
    hoverTexts[i] = lines.join('<br>');
  }
  return hoverTexts[i];
}

const pareto = {
  x: null,
  y: null,
  /** Points, as a trace's places. */
  places: (field, points) => points.map((i) => (field.numeric ? field.at(i) : worded(field.at(i)))),
  trace(points, options) {
    return {
      type: 'scatter',
      mode: 'markers',
      x: this.places(this.x, points),
      y: this.places(this.y, points),
      customdata: points,
      text: points.map(hoverText),
      hovertemplate: '%{text}<extra></extra>',
      ...options,
    };
  },
  axis(field, log) {
    const title = {
      text: escaped(field.label) + (field.direction ? ` (${field.direction})` : ''),
      standoff: 10
    };
    if (!field.numeric)
      return axis({
        title,
        type: 'category',
        categoryorder: 'array',
        categoryarray: field.texts.map(worded)
      });
    return axis({title, type: log ? 'log' : 'linear', nticks: 8});
  },
};

function better(field, a, b) {
  return field.direction === 'minimize' ? a < b : a > b;
}

/** Of the points, those that no other beats on both axes, by x. */
function frontOfAxes(points) {
  const sorted =
      points.filter((i) => pareto.x.at(i) !== null && pareto.y.at(i) !== null).sort((a, b) => {
        const [xa, xb, ya, yb] = [pareto.x.at(a), pareto.x.at(b), pareto.y.at(a), pareto.y.at(b)];
        if (xa !== xb) return better(pareto.x, xa, xb) ? -1 : 1;
        return ya === yb ? 0 : better(pareto.y, ya, yb) ? -1 : 1;
      });
  const kept = [];
  for (const i of sorted) {
    if (!kept.length || better(pareto.y, pareto.y.at(i), pareto.y.at(kept[kept.length - 1])))
      kept.push(i);
  }
  return pareto.x.direction === 'minimize' ? kept : kept.reverse();
}

/**
 * The best point for each value on the horizontal axis: what a study of one objective has in place
 * of a front.
 */
function bestByValue(points) {
  const best = new Map();
  for (const i of points) {
    const [x, y] = [pareto.x.at(i), pareto.y.at(i)];
    if (x === null || x === '' || y === null) continue;
    if (!best.has(x) || better(pareto.y, y, pareto.y.at(best.get(x)))) best.set(x, i);
  }
  const order = (i) => (pareto.x.numeric ? pareto.x.at(i) : pareto.x.texts.indexOf(pareto.x.at(i)));
  return [...best.values()].sort((a, b) => order(a) - order(b));
}

/** The line through the best points, one per workload, when the axes let one be drawn. */
function lineTraces(points) {
  const [x, y] = [pareto.x, pareto.y];
  const front2 = x.direction && y.direction && x !== y;
  if (!front2 && !(x.role === 'parameter' && y.direction)) return [];
  return data.workload.texts
      .map((workload) => {
        const mine = points.filter((i) => fieldOf.get('workload').at(i) === workload);
        const line = front2 ? frontOfAxes(mine) : bestByValue(mine);
        return {
          ...pareto.trace(
              line, {mode: 'lines', hoverinfo: 'skip', hovertemplate: null, showlegend: false}),
          line: {
            color: ink().accent,
            width: 1.5,
            shape: !front2                 ? 'linear' :
                x.direction === 'minimize' ? 'hv' :
                                             'vh'
          },
        };
      })
      .filter((trace) => trace.x.length > 1);
}

function colouredTraces(points, colour) {
  if (!colour.numeric) {
    return colour.texts
        .map((text, place) => {
          const mine = points.filter((i) => colour.at(i) === text);
          const hue = colour.key === 'bottleneck' ? stageColour(text, place) : seriesColour(place);
          return pareto.trace(mine, {
            name: worded(text),
            marker: {
              color: hue,
              symbol: SYMBOLS[place % SYMBOLS.length],
              size: 7,
              opacity: 0.8,
              line: {width: 0}
            },
          });
        })
        .filter((trace) => trace.x.length);
  }
  return [pareto.trace(points, {
    showlegend: false,
    marker: {
      color: points.map((i) => colour.at(i)),
      colorscale: 'Viridis',
      size: 7,
      opacity: 0.85,
      showscale: true,
      colorbar: {
        title: {text: escaped(colour.label), side: 'right'},
        thickness: 12,
        outlinewidth: 0,
        tickcolor: ink().line
      },
    },
  })];
}

function buildPareto() {
  if (!study.visible.length) return emptyChart('No point passes the filters.');
  const colour = fieldOf.get(byId('pareto-colour').value);
  pareto.x = fieldOf.get(byId('pareto-x').value);
  pareto.y = fieldOf.get(byId('pareto-y').value);
  const good = study.visible.filter((i) => !isViolator(i));
  const violators = study.visible.filter(isViolator);
  const best = good.filter(isFront);
  const {pale, text, accent} = ink();
  const traces = [];
  if (violators.length) {
    traces.push(pareto.trace(violators, {
      name: 'violates a constraint',
      marker: {color: pale, symbol: 'x-thin', size: 6, line: {color: pale, width: 1.2}}
    }));
  }
  traces.push(...lineTraces(good), ...colouredTraces(good, colour));
  if (best.length) {
    traces.push(pareto.trace(best, {
      name: objectiveFields.length > 1 ? 'front' : 'best',
      hoverinfo: 'skip',
      hovertemplate: null,
      marker: {symbol: 'circle-open', size: 12, color: text, line: {width: 1.6}},
    }));
  }
  if (study.selected >= 0) {
    traces.push(pareto.trace([study.selected], {
      name: 'selected',
      marker: {symbol: 'circle-open', size: 19, color: accent, line: {width: 3}},
      hoverinfo: 'skip',
      hovertemplate: null
    }));
  }
  const label = `${pareto.y.name} against ${pareto.x.name}, ${
      counted(study.visible.length, 'point')}, ${best.length} of them on the front`;
  return {
    label,
    data: traces,
    layout: layoutOf({
      height: narrow() ? 460 : 560,
      xaxis: pareto.axis(pareto.x, byId('log-x').checked),
      yaxis: pareto.axis(pareto.y, byId('log-y').checked),
      uirevision: [pareto.x.key, pareto.y.key, byId('log-x').checked, byId('log-y').checked].join(),
      clickmode: 'event',
    }),
  };
}

function paretoCaption() {
  const violators = study.visible.filter(isViolator).length;
  const parts =
      [objectiveFields.length > 1 ?
           `Rings: the front over all objectives${
               data.epsilon ?
                   `, without what differs by less than ${percentText(data.epsilon)} of its range` :
                   ''}. Line: the best that the two shown allow.` :
           'Ring: the best point. Line: the best point for each value.'];
  if (violators)
    parts.push(`Crosses: ${counted(violators, 'point')} that ${
        violators === 1 ? 'violates' : 'violate'} a constraint.`);
  const {infeasible = 0, failed = 0} = data.counts;
  if (infeasible + failed)
    parts.push(`Not shown: ${numberText(infeasible)} infeasible, ${numberText(failed)} failed.`);
  byId('pareto-caption').textContent = parts.join(' ');
}

/**
 * "49.2 us (3) to 49.7 us (8)": the mean for the value at each end; empty where that is not known.
 */
function effectText(objective, name, short = false) {
  const effect = ((data.effects || {})[objective] || {})[name];
  if (!effect) return '';
  const {unit} = fieldOf.get(`m:${objective}`) || {};
  const ends = [[effect.low, effect.at_low], [effect.high, effect.at_high]].map(
      ([mean, value]) => short ? numberText(mean, 4) : `${numberText(mean, 4)} (${worded(value)})`);
  return `${ends.join(short ? '\u2013' : ' to ')}${unit ? ` ${unit}` : ''}`;
}

function buildImportance() {
  const shares = objectiveNames.map((name) => data.importance[name] || {});
  const largest = (name) => Math.max(...shares.map((share) => share[name] || 0));
  const names =
      [...new Set(shares.flatMap(Object.keys))].sort((a, b) => largest(a) - largest(b)).slice(-16);
  if (!names.length) return null;
  const {text} = ink();
  return {
    label: 'Importance of each parameter for each objective',
    data: objectiveNames
              .map((objective, place) => ({
                     type: 'bar',
                     orientation: 'h',
                     name: objective,
                     y: names,
                     x: names.map((name) => shares[place][name] || 0),
                     marker: {
                       color: seriesColour(place),
                       pattern: {
                         shape: ['', '/', '.', 'x', '-'][place % 5],
                         fillmode: 'overlay',
                         solidity: 0.2,
                         fgcolor: ink().ground
                       }
                     },
                     text: names.map(
                         (name) => escaped([
                           percentText(shares[place][name] || 0), effectText(objective, name, true)
                         ].filter(Boolean).join(', '))),
                     customdata: names.map((name) => escaped(effectText(objective, name))),
                     textposition: 'outside',
                     cliponaxis: false,
                     textfont: {color: text, size: 11},
                     hovertemplate: '%{y}: %{text}<br>%{customdata}<extra>%{fullData.name}</extra>',
                   }))
              .reverse(),
    layout: layoutOf({
      height: 90 + names.length * Math.max(26, 16 * objectiveNames.length),
      barmode: 'group',
      bargap: 0.3,
      margin: {l: 40, r: 48, t: 10, b: 40},
      legend: {...layoutOf().legend, traceorder: 'reversed'},
      xaxis: axis({
        title: {text: 'share of the variation explained'},
        tickformat: '.0%',
        rangemode: 'tozero',
        fixedrange: true,
        nticks: 6
      }),
      yaxis: axis({fixedrange: true, ticksuffix: '  '}),
    }),
  };
}

/**
 * How a field's values fall into the rows or columns of the map: {names, of(i)}, of gives -1 for
 * none.
 */
function binsOf(field) {
  if (!field.numeric)
    return {names: field.texts.map(worded), of: (i) => field.texts.indexOf(field.at(i))};
  const values = [...new Set(field.values)].sort((a, b) => a - b);
  if (values.length <= 10) {
    const places = new Map(values.map((value, place) => [value, place]));
    return {
      names: values.map((value) => numberText(value)),
      of: (i) => places.get(field.at(i)) ?? -1
    };
  }
  const [low, high, bins] = [values[0], values[values.length - 1], 8];
  const log = low > 0 && high / low > 50;
  const place = (value) =>
      (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
  const edge = (at) => (log ? low * (high / low) ** (at / bins) : low + (high - low) * at / bins);
  return {
    names: Array.from(
        {length: bins}, (_, at) => `${numberText(edge(at), 3)}–${numberText(edge(at + 1), 3)}`),
    of: (i) =>
        (field.at(i) === null ? -1 : Math.min(bins - 1, Math.floor(bins * place(field.at(i))))),
  };
}

function buildMap() {
  const [x, y] = [fieldOf.get(byId('map-x').value), fieldOf.get(byId('map-y').value)];
  if (!x || !y) return null;
  const [across, up] = [binsOf(x), binsOf(y)];
  const kinds = data.bottleneck.texts;
  const counts = up.names.map(() => across.names.map(() => new Map()));
  for (const i of study.visible) {
    const [column, row, kind] = [across.of(i), up.of(i), fieldOf.get('bottleneck').at(i)];
    if (column < 0 || row < 0 || kind === '') continue;
    const cell = counts[row][column];
    cell.set(kind, (cell.get(kind) || 0) + 1);
  }
  const ranked = counts.map((row) => row.map((cell) => [...cell].sort((a, b) => b[1] - a[1])));
  const z =
      ranked.map((row) => row.map((cell) => (cell.length ? kinds.indexOf(cell[0][0]) : null)));
  const hover = ranked.map((row, at) => row.map((cell, column) => {
    const total = cell.reduce((sum, [, count]) => sum + count, 0);
    const shares = cell.map(([kind, count]) => `${escaped(kind)}: ${percentText(count / total)}`);
    return [
      escaped(`${x.name} ${across.names[column]}, ${y.name} ${up.names[at]}`),
      counted(total, 'point'), ...shares
    ].join('<br>');
  }));
  const used = kinds.filter((_, place) => z.some((row) => row.includes(place)));
  const cellWidth =
      (theme.onPaper() ? PAPER_WIDTH - 100 : byId('bottleneck-section').clientWidth - 180) /
      across.names.length;
  const annotations = [];
  ranked.forEach((row, at) => row.forEach((cell, column) => {
    if (!cell.length || cell[0][0].length * 6.2 > cellWidth - 4) return;
    annotations.push({
      x: column,
      y: at,
      text: escaped(cell[0][0]),
      showarrow: false,
      font: {size: 11, color: textOn(stageColour(cell[0][0], kinds.indexOf(cell[0][0])))}
    });
  }));
  byId('map-keys')
      .replaceChildren(...used.map(
          (kind) => element(
              'li', {},
              element('i', {style: `background:${stageColour(kind, kinds.indexOf(kind))}`}),
              kind)));
  const last = Math.max(1, kinds.length);
  return {
    label: `Most frequent bottleneck by ${x.name} and ${y.name}`,
    data: [{
      type: 'heatmap',
      x: across.names,
      y: up.names,
      z,
      zmin: -0.5,
      zmax: last - 0.5,
      showscale: false,
      xgap: 2,
      ygap: 2,
      hoverongaps: false,
      colorscale: kinds.length ? kinds.flatMap(
                                     (kind, place) => [
                                         [place / last, stageColour(kind, place)],
                                         [(place + 1) / last, stageColour(kind, place)]]) :
                                 'Greys',
      text: hover,
      hovertemplate: '%{text}<extra></extra>',
    }],
    layout: layoutOf({
      height: Math.min(560, 140 + 44 * up.names.length),
      annotations,
      xaxis: axis({
        title: {text: escaped(x.label), standoff: 8},
        type: 'category',
        categoryorder: 'array',
        categoryarray: across.names,
        showgrid: false,
        fixedrange: true
      }),
      yaxis: axis({
        title: {text: escaped(y.label), standoff: 8},
        type: 'category',
        categoryorder: 'array',
        categoryarray: up.names,
        showgrid: false,
        fixedrange: true
      }),
    }),
  };
}

/** Fills the selects, draws, and keeps up with filters and selection. */
function startPlots() {
  const options = (roles) =>
      fields.filter((field) => roles.includes(field.role)).map((field) => ({
                                                                 value: field.key,
                                                                 text: field.label,
                                                                 group: {
                                                                   objective: 'Objectives',
                                                                   parameter: 'Parameters',
                                                                   metric: 'Metrics',
                                                                   point: 'Point'
                                                                 }[field.role]
                                                               }));
  const order = byImportance();
  const single = objectiveFields.length < 2;
  const [x, y] = single ? [order[0] || objectiveFields[0], objectiveFields[0]] : objectiveFields;
  const bottleneck = fieldOf.get('bottleneck');
  const colour = bottleneck.texts.some(Boolean) ? bottleneck : order[0] || fieldOf.get('workload');
  const axes = options(['objective', 'parameter', 'metric']);
  fillSelect(byId('pareto-x'), axes, x.key, () => drawPareto());
  fillSelect(byId('pareto-y'), axes, y.key, () => drawPareto());
  fillSelect(
      byId('pareto-colour'),
      [
        ...options(['parameter']), ...options(['objective']),
        {value: 'bottleneck', text: 'bottleneck', group: 'Point'},
        {value: 'workload', text: 'workload', group: 'Point'}
      ],
      colour.key, () => drawPareto());
  byId('log-x').addEventListener('change', () => drawPareto());
  byId('log-y').addEventListener('change', () => drawPareto());
  const drawPareto = chart('pareto', buildPareto);
  byId('pareto').on('plotly_click', (event) => study.select(event.points[0].customdata));
  paretoCaption();

  byId('importance-note').textContent = [
    data.importance_note || '',
    data.effects ? 'beside it, from its least to its largest value, the mean of the objective over ' +
            'all else for each value of the parameter' :
                   ''
  ].filter(Boolean).join('; ');
  chart('importance', buildImportance);

  const varied = order.filter((field) => new Set(field.texts || field.values).size > 1);
  const mapped = varied.length > 1 && bottleneck.texts.some(Boolean);
  byId('bottleneck-section').hidden = !mapped;
  byId('decides').classList.toggle('even', mapped);
  let drawMap = () => {};
  if (mapped) {
    fillSelect(byId('map-x'), options(['parameter']), varied[0].key, () => drawMap());
    fillSelect(byId('map-y'), options(['parameter']), varied[1].key, () => drawMap());
    drawMap = chart('map', buildMap);
  }
  study.on('filter', () => {
    drawPareto();
    drawMap();
    paretoCaption();
  });
  study.on('select', () => drawPareto());
}
