// SPDX-License-Identifier: Apache-2.0
// The parameters of a run: values, defaults, and where they come from.
'use strict';

/**
 * Whether a value is another than the default. What was `auto` became something, and is no change.
 */
function isChanged({value, default: usual}) {
  return !['auto', 'all'].includes(usual) && String(value) !== usual &&
      Number(value) !== Number(usual);
}

function startConfiguration() {
  const assumed = new Set(report.assumed);
  const rows = Object.entries(report.configuration).map(([name, entry]) => {
    const changed = isChanged(entry);
    const provenance = element(
        'td', {},
        ...(assumed.has(name) ? [element('span', {className: 'tag bad'}, 'assumption')] : []),
        entry.provenance.replace(/^assumption: /, ''));
    const shown = element(
        'td', {className: 'number wrapped'},
        changed ? element('strong', {}, valueText(entry.value)) : valueText(entry.value));
    const row = element(
        'tr', {}, element('th', {scope: 'row'}, name), shown, element('td', {}, entry.unit),
        element('td', {}, entry.default), provenance);
    return {
      row,
      changed,
      assumed: assumed.has(name),
      text: [name, valueText(entry.value), entry.unit, entry.provenance].join(' ').toLowerCase()
    };
  });
  byId('configuration-note').textContent = `${numberText(assumed.size)} of ${
      numberText(rows.length)} parameters rest on no published or measured figure.`;
  const filter = () => {
    const words = byId('configuration-filter').value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = rows.filter(
        (one) => words.every((word) => one.text.includes(word)) &&
            (one.assumed || !byId('only-assumed').checked) &&
            (one.changed || !byId('only-changed').checked));
    byId('configuration-body').replaceChildren(...kept.map((one) => one.row));
    byId('configuration-count').textContent =
        `${numberText(kept.length)} of ${counted(rows.length, 'parameter')}`;
  };
  byId('configuration-filter').addEventListener('input', filter);
  byId('only-assumed').addEventListener('change', filter);
  byId('only-changed').addEventListener('change', filter);
  filter();
}
