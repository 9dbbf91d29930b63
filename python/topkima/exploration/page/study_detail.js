// SPDX-License-Identifier: Apache-2.0
// The selected point: what it is, how it does, what one step of one parameter changes, how to run
// it again.
'use strict';
const MOST_NEIGHBOURS = 40;

/**
 * Points of the same workload that differ in exactly one parameter; those that a condition
 * switches off in one of the two do not count. By parameter, then value.
 */
function neighboursOf(point) {
  const found = [];
  for (let i = 0; i < COUNT; ++i) {
    if (i === point || data.workload.index[i] !== data.workload.index[point]) continue;
    let differs = null;
    let count = 0;
    for (const parameter of data.parameters) {
      const [mine, theirs] = [parameter.index[point], parameter.index[i]];
      if (mine === theirs || parameter.texts[mine] === '' || parameter.texts[theirs] === '')
        continue;
      differs = parameter;
      if (++count > 1) break;
    }
    if (count === 1) found.push({i, parameter: differs});
  }
  const place = new Map(data.parameters.map((parameter, at) => [parameter, at]));
  return found.sort(
      (a, b) => place.get(a.parameter) - place.get(b.parameter) ||
          a.parameter.index[a.i] - b.parameter.index[b.i]);
}

/** How an objective changes, in percent where that says something. */
function changeCell(field, from, to) {
  if (from === null || to === null) return element('td', {className: 'number'}, '–');
  const change = to - from;
  const sign = change > 0 ? '+' : '';
  let text = `${sign}${numberText(change, 3)}`;
  if (change === 0)
    text = '0';
  else if (from !== 0 && Math.abs(from) >= 1) {
    const percent = 100 * change / Math.abs(from);
    text = `${sign}${numberText(Number(percent.toFixed(Math.abs(percent) < 1 ? 2 : 1)))}\u00a0%`;
  }
  return element(
      'td', {
        className: change !== 0 && better(field, to, from) ? 'number better' : 'number',
        title: `${from} to ${to}`
      },
      text);
}

/** What a condition switches on in neighbour `i` alone. */
function comesWith(point, i) {
  const on = data.parameters.filter(
      (parameter) => parameter.texts[parameter.index[point]] === '' &&
          parameter.texts[parameter.index[i]] !== '');
  if (!on.length) return [];
  const texts = on.map((parameter) => `${parameter.name} ${parameter.texts[parameter.index[i]]}`);
  return [element('br'), element('span', {className: 'soft'}, `with ${texts.join(', ')}`)];
}

function neighbourTable(point) {
  const all = neighboursOf(point);
  if (!all.length)
    return element('p', {className: 'soft'}, 'No other point differs in one parameter alone.');
  const head = element(
      'tr', {}, element('th', {scope: 'col'}, 'Step'),
      ...objectiveFields.map(
          (field) => element(
              'th', {scope: 'col', className: 'number wrapped'}, ...breakable(field.name))));
  const rows = all.slice(0, MOST_NEIGHBOURS).map(({i, parameter}) => {
    const link = element(
        'button', {type: 'button', className: 'link', title: `select point ${data.number[i]}`},
        `${parameter.texts[parameter.index[point]]} → ${parameter.texts[parameter.index[i]]}`);
    link.addEventListener('click', () => study.select(i));
    return element(
        'tr', {},
        element(
            'td', {}, element('span', {className: 'soft'}, parameter.name), element('br'), link,
            ...comesWith(point, i)),
        ...objectiveFields.map((field) => changeCell(field, field.at(point), field.at(i))));
  });
  const made = element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows));
  made.style.width = '100%';
  const holder = element('div', {className: 'scroll'}, made);
  if (all.length > MOST_NEIGHBOURS)
    holder.append(element('p', {className: 'soft'}, `and ${all.length - MOST_NEIGHBOURS} more`));
  return holder;
}

function withUnit(field, i) {
  const text = field.text(i) === '' ? '–' : field.text(i);
  return field.unit && text !== '–' ? `${text} ${field.unit}` : text;
}

function drawDetail() {
  const point = study.selected;
  const place = byId('detail');
  byId('detail-panel').classList.toggle('no-print', point < 0);
  if (point < 0) {
    place.replaceChildren(
        element('p', {className: 'soft'}, 'Choose a point in the chart or in the table.'));
    return;
  }
  const tags = element('p', {});
  if (isFront(point))
    tags.append(element(
        'span', {className: 'tag mark'}, objectiveFields.length > 1 ? 'on the front' : 'best'));
  for (const text of data.violates[point] || [])
    tags.append(element('span', {className: 'tag bad'}, `violates ${text}`));
  const about =
      [['point', String(data.number[point])], ['workload', fieldOf.get('workload').text(point)]];
  if (fieldOf.get('bottleneck').text(point))
    about.push(['bottleneck', fieldOf.get('bottleneck').text(point)]);
  if (data.run_hash[point]) about.push(['run', data.run_hash[point].slice(0, 16)]);
  const rows = (list) =>
      pairsTable(list.map((field) => [field.name, withUnit(field, point), field.meaning]));
  const metrics = fields.filter((field) => field.role === 'metric');
  const all = pairsTable(metrics.map(
      (field) =>
          [field.name,
           `${field.at(point) ?? '–'}${
               field.unit && field.at(point) !== null ? ` ${field.unit}` : ''}`,
           field.meaning]));
  const opened = place.querySelector('details');
  place.replaceChildren(
      tags, pairsTable(about), element('h3', {}, 'Objectives'), rows(objectiveFields),
      element('h3', {}, 'Parameters'), rows(parameterFields),
      element('h3', {}, 'One parameter away'), neighbourTable(point),
      element('h3', {}, 'Run it again'),
      ...commandBlock(data.command.start + data.command.rest[point]),
      element(
          'details', {open: Boolean(opened && opened.open)},
          element('summary', {}, `All ${counted(metrics.length, 'other metric')}`), all));
}

/** Walks along the front in the order of the horizontal axis. */
function walkFront(step) {
  const along = study.visible.filter((i) => isFront(i) && !isViolator(i))
                    .sort(
                        (a, b) =>
                            (pareto.x.at(a) < pareto.x.at(b)     ? -1 :
                                 pareto.x.at(a) > pareto.x.at(b) ? 1 :
                                                                   a - b));
  if (!along.length) return;
  const at = along.indexOf(study.selected);
  study.select(
      along
          [at < 0 ? (step > 0 ? 0 : along.length - 1) : (at + step + along.length) % along.length]);
}

function startDetail() {
  if (objectiveFields.length < 2) {
    byId('previous-front').textContent = 'Previous best';
    byId('next-front').textContent = 'Next best';
  }
  byId('previous-front').addEventListener('click', () => walkFront(-1));
  byId('next-front').addEventListener('click', () => walkFront(1));
  study.on('select', drawDetail);
  drawDetail();
}
