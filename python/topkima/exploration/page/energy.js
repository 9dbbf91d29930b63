// SPDX-License-Identifier: Apache-2.0
// What the run took: energy and area by component, power over time.
'use strict';

/** "42 to 210": the bounds between which sources have a figure; empty where they show nothing. */
function boundsText(value, low, high) {
  const shown = [low, high].map((bound) => numberText(bound, 3));
  const same = shown.every((text) => text === numberText(value, 3));
  return Number.isFinite(low) && Number.isFinite(high) && !same ? shown.join(' to ') : '';
}

/** The same of what an object has under `name`, behind a comma. */
function boundsOf(holder, name) {
  const text = boundsText(holder[name], holder[`${name}_low`], holder[`${name}_high`]);
  return text && `, ${text}`;
}

/** A figure of the heading with the bounds of a total, where there are any. */
function boundsFigures(label, totals, name, unit) {
  const value = boundsOf(totals, name).slice(2);
  const title = 'between the lowest and the highest of the sources of every constant';
  return value ? [{label: `${label}, bounds`, value, unit, title}] : [];
}

const assumedText = (share) => (share > 0 ? `, ${percentText(share)} assumed` : '');

/**
 * Stacked horizontal bars, the largest on top; `parts`: [name, value of a component, colour].
 * `totalOfOne(component, bound)` with a bound of '', '_low' or '_high'.
 */
function componentBars(label, unit, parts, totalOf, assumedOf) {
  const totalOfOne = (one) => totalOf(one, '');
  const sorted = report.energy.components.filter((one) => totalOfOne(one) > 0)
                     .sort((a, b) => totalOfOne(a) - totalOfOne(b));
  if (!sorted.length) return emptyChart('None.');
  const total = sorted.reduce((sum, one) => sum + totalOfOne(one), 0);
  const told = sorted.map(
      (one) => {
        const bounds = boundsText(totalOfOne(one), totalOf(one, '_low'), totalOf(one, '_high'));
        return `${numberText(totalOfOne(one), 3)} ${unit}${bounds && `, ${bounds}`} (${
            percentText(totalOfOne(one) / total)}${assumedText(assumedOf(one))})`;
      });
  const last = parts.length - 1;
  return {
    label,
    data: parts.map(
        ([name, valueOf, colour], at) => ({
          type: 'bar',
          orientation: 'h',
          name,
          y: sorted.map((one) => one.name),
          x: sorted.map(valueOf),
          marker: {color: colour},
          cliponaxis: false,
          customdata: told,
          ...(at === last ?
                  {text: told, textposition: 'outside', textfont: {size: 11, color: ink().text}} :
                  {}),
          hovertemplate: `%{y}: %{x:.4g} ${unit} ${name}, of %{customdata}<extra></extra>`,
        })),
    layout: layoutOf({
      height: 90 + sorted.length * 25,
      barmode: 'stack',
      bargap: 0.3,
      showlegend: false,
      margin: {l: 40, r: 20, t: 28, b: 44},
      xaxis: axis({
        title: {text: unit, standoff: 6},
        range: [0, totalOfOne(sorted[sorted.length - 1]) * (narrow() ? 2.9 : 2.2)],
        fixedrange: true,
        nticks: 5
      }),
      yaxis: axis({fixedrange: true, ticksuffix: '  '}),
    }),
  };
}

function buildEnergy(count) {
  const shared = 1e6 * count;
  const {accent, pale} = ink();
  const parts = [
    ['dynamic', (one) => one.dynamic_pj / shared, accent],
    ['leakage', (one) => one.leakage_pj / shared, pale]
  ];
  byId('energy-keys').replaceChildren(...parts.map(([name, , colour]) => {
    const swatch = element('i');
    swatch.style.backgroundColor = colour;
    return element('li', {}, swatch, name);
  }));
  return componentBars(
      'Energy by component', 'uJ', parts,
      (one, bound) => (one[`dynamic_pj${bound}`] + one[`leakage_pj${bound}`]) / shared,
      (one) => one.assumed_energy_share || 0);
}

const buildArea = () => componentBars(
    'Area by component', 'mm\u00b2', [['area', (one) => one.area_mm2, ink().accent]],
    (one, bound) => one[`area_mm2${bound}`], (one) => one.assumed_area_share || 0);

function buildPower() {
  const {start_us: start, parts} = data.power;
  return {
    label: 'Power over time by component',
    data: parts.map(({name, mw}, place) => ({
                      type: 'scatter',
                      mode: 'lines',
                      name,
                      stackgroup: 'all',
                      x: start,
                      y: mw,
                      line: {shape: 'hv', width: 0.5, color: seriesColour(place)},
                      fillcolor: mixed(seriesColour(place), ink().ground, 0.25),
                      hovertemplate: `%{x} us: %{y:.4g} mW<extra>${escaped(name)}</extra>`,
                    })),
    layout: layoutOf({
      height: 360,
      margin: {l: 50, r: 16, t: 56, b: 44},
      xaxis: axis({title: {text: 'us', standoff: 6}, nticks: 10}),
      yaxis: axis(
          {title: {text: 'mW', standoff: 8}, rangemode: 'tozero', fixedrange: true, nticks: 6}),
    }),
  };
}

function drawConstants() {
  const {constants} = report.energy;
  const titles = [
    'Constant', 'Value', 'Bounds', 'Unit', 'Node, nm', 'Conditions', 'Provenance',
    'Source or reasoning'
  ];
  const bounds = ({value_low: low, value_high: high, one_source: one}) =>
      one ? 'one source' : low === undefined ? '' : `${numberText(low)} to ${numberText(high)}`;
  const rows = constants.map(
      ({name, value, unit, node_nm: node, conditions, provenance, citation, ...band}) => element(
          'tr', {}, element('th', {scope: 'row'}, name),
          element('td', {className: 'number'}, numberText(value)),
          element('td', {}, bounds(band)), element('td', {}, unit),
          element('td', {}, String(node ?? '')), element('td', {}, conditions ?? ''),
          element(
              'td', {},
              provenance === 'assumption' ? element('span', {className: 'tag bad'}, 'assumption') :
                                            provenance),
          element('td', {}, citation)));
  byId('constants')
      .replaceChildren(
          element(
              'thead', {},
              element('tr', {}, ...titles.map((title) => element('th', {scope: 'col'}, title)))),
          element('tbody', {}, ...rows));
}

/** What rests on assumptions and how many constants have bounds, in words. */
function assumedSentence() {
  const {constants, totals: {assumed_energy_share: energy, assumed_area_share: area}} =
      report.energy;
  const alone = constants.filter((constant) => constant.one_source).length;
  return `${percentText(energy)} of the energy and ${percentText(area)} of the area rest on ` +
      `assumptions; ${alone} of ${
             counted(constants.length, 'constant')} have one source, and no bounds.`;
}

/**
 * `note` gives the text above the charts, whose energy is that of `of`: one of as many as `count`.
 */
function startEnergy({note, of, count}) {
  if (!report.energy) {
    byId('energy').hidden = true;
    byId('energy-link').hidden = true;
    return;
  }
  byId('energy-note').textContent = note();
  byId('energy-caption').textContent =
      `Energy of ${of} by component. How much of it rests on assumptions is told behind each bar.`;
  chart('energy-chart', () => buildEnergy(count));
  chart('area-chart', buildArea);
  drawConstants();
  byId('power').hidden = !data.power;
  if (!data.power) return;
  const mean = data.power.intervals > 1 ?
      ` Each step is the mean of ${data.power.intervals} intervals.` :
      '';
  byId('power-caption').textContent = `Power over time, leakage included, in intervals of ${
      numberText(report.energy.power.interval_us)} us; at most ${
      numberText(report.energy.power.peak_mw, 4)} mW.${mean}`;
  chart('power-chart', buildPower);
}
