// SPDX-License-Identifier: Apache-2.0
// What one step of one parameter does to the run: what it gains and costs, and what limits it then.
'use strict';

/** Relative to the run; what a table of tenths of a percent does not show is none. */
function stepChange(value, base) {
  if (value === null || base === null || base === 0) return null;
  const change = value / base - 1;
  return Math.abs(change) < 0.0005 ? 0 : change;
}

function changeText(change) {
  if (change === null) return '–';
  if (change === 0) return 'same';
  const sign = change > 0 ? '+' : '\u2212';
  return `${sign}${(100 * Math.abs(change)).toFixed(1)}\u00a0%`;
}

function stepRow(step, figures, base) {
  const cells = figures.map(({name, role}) => {
    const value = step.metrics[name];
    const change = stepChange(value, base.metrics[name]);
    const better = role === 'latency' && change !== null && change < 0;
    return element(
        'td', {className: `number${better ? ' better' : ''}`},
        role === 'quality' ? numberText(value, 4) : changeText(change));
  });
  const unit = step.unit ? ` ${step.unit}` : '';
  return element(
      'tr', {}, element('th', {scope: 'row', title: step.meaning}, ...breakable(step.parameter)),
      element('td', {}, `${step.from} \u2192 ${step.to}${unit}`), ...cells,
      element('td', {}, step.limit));
}

function startWhatIf() {
  const {missing, figures, base, steps} = data.what_if;
  byId('what-if-shown').hidden = Boolean(missing);
  byId('what-if-note').textContent = missing || '';
  if (missing) return;
  const taken = steps.filter((step) => step.metrics);
  const changes = (step) =>
      figures.some(({name}) => stepChange(step.metrics[name], base.metrics[name]));
  const shown = taken.filter(changes);
  const [latency] = figures.filter(({role}) => role === 'latency');
  const [best] = shown;
  const gain =
      best && latency ? -stepChange(best.metrics[latency.name], base.metrics[latency.name]) : 0;
  byId('what-if-note').textContent =
      `Each parameter that an architect may turn, one step alone, simulated in full. Limited by: ${
          base.limit}. ` +
      (gain > 0 ? `The most is gained by ${best.parameter} ${best.from} \u2192 ${best.to}: ${
                      percentText(gain)} of the latency; then the limit is ${best.limit}.` :
                  'No step makes it faster.');
  const heading = ({name, unit, role}) => role === 'quality' ? name.replace(/_/g, ' ') : role;
  const top = ['parameter', 'step', ...figures.map(heading), 'then limited by'].map(
      (text, at) => element(
          'th', {scope: 'col', className: at > 1 && at < 2 + figures.length ? 'number' : ''},
          text));
  byId('what-if-table')
      .replaceChildren(
          element('thead', {}, element('tr', {}, ...top)),
          element('tbody', {}, ...shown.map((step) => stepRow(step, figures, base))));
  const named = (step) => `${step.parameter}\u00a0=\u00a0${step.to}`;
  const same = taken.filter((step) => !changes(step));
  byId('what-if-same').textContent = same.length ? `No change: ${same.map(named).join(', ')}.` : '';
  byId('what-if-refused')
      .replaceChildren(...steps.filter((step) => step.refused)
                           .map((step) => element('li', {}, `${named(step)}: ${step.refused}`)));
}
