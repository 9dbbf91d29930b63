// SPDX-License-Identifier: Apache-2.0
// The study's page: heading, filters in force, and what could not be simulated.
'use strict';

function listed(words) {
  return words.length < 2 ? words.join('') :
                            `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
}

function summaryText() {
  if (!COUNT) return 'No point is done yet.';
  const good = data.number.map((_, i) => i).filter((i) => !isViolator(i));
  const best = good.filter(isFront);
  const ranges =
      objectiveFields
          .map((field) => {
            const values =
                best.map(field.at).filter((value) => value !== null).sort((a, b) => a - b);
            if (!values.length) return null;
            const [low, high] = [numberText(values[0]), numberText(values[values.length - 1])];
            return `${field.name} ${low === high ? low : `from ${low} to ${high}`}${
                field.unit ? ` ${field.unit}` : ''}`;
          })
          .filter(Boolean);
  const within = data.constraints.length ?
      `${counted(good.length, 'point')} of ${numberText(COUNT)} ${
          good.length === 1 ? 'meets' : 'meet'} the constraints; ` :
      `Of ${counted(COUNT, 'point')}, `;
  const found = objectiveFields.length > 1 ?
      `${numberText(best.length)} ${best.length === 1 ? 'is' : 'are'} on the front` :
      `the best ${best.length === 1 ? 'has' : `(${best.length} alike) have`}`;
  return `${within}${found}${objectiveFields.length > 1 && ranges.length ? ', with' : ''} ${
      listed(ranges)}.`;
}

function drawHeading() {
  byId('kicker').textContent = `Design-space exploration, ${data.tool}`;
  byId('name').textContent = data.name;
  byId('question').textContent = data.question;
  byId('summary').textContent = summaryText();
  const {done = 0, infeasible = 0, failed = 0, open = 0} = data.counts;
  const violators = Object.keys(data.violates).length;
  const entries = [{label: 'done', value: numberText(done)}];
  entries.push({
    label: objectiveFields.length > 1 ? 'on the front' : 'best',
    value: numberText(data.front.length)
  });
  if (data.constraints.length)
    entries.push({label: 'violate a constraint', value: numberText(violators)});
  entries.push(
      {label: 'infeasible', value: numberText(infeasible)},
      {label: 'failed', value: numberText(failed)}, {label: 'open', value: numberText(open)});
  figures(byId('counts'), entries);
  const objectives = data.objectives.map(({metric, direction}) => `${direction} ${metric}`);
  const parts = [`Objectives: ${listed(objectives)}.`];
  if (data.constraints.length) parts.push(`Constraints: ${data.constraints.join(', ')}.`);
  parts.push(
      `Workloads: ${data.workloads.join(', ')}.`, `Points chosen by: ${data.sampler}.`,
      `Model revision: ${data.model_revision}.`);
  byId('meta').textContent = parts.join(' ');
  byId('foot').textContent = `${data.name}, ${data.tool} ${data.model_revision}.`;
}

function drawFilters() {
  byId('shown').textContent =
      `${numberText(study.visible.length)} of ${counted(COUNT, 'point')} shown`;
  const chips = [...study.filters].filter(([key]) => key !== 'workload').map(([key, text]) => {
    const name = fieldOf.get(key).name;
    const chip = element(
        'button', {type: 'button', title: 'remove this filter'},
        `${name} ${text}${
            study.unreadable.has(key) ? ` (not understood: ${filterHelp(fieldOf.get(key))})` :
                                        ''} ×`);
    chip.setAttribute('aria-label', `Remove the filter ${name} ${text}`);
    chip.addEventListener('click', () => study.filter(key, ''));
    return chip;
  });
  byId('chips').replaceChildren(...chips);
  byId('clear').disabled = !study.filters.size;
  const chosen = study.filters.get('workload') || '';
  byId('workload').value =
      [...byId('workload').options].some((option) => option.value === chosen) ? chosen : '';
}

function startFilters() {
  const texts = data.workload.texts;
  byId('workload-label').hidden = texts.length < 2;
  fillSelect(
      byId('workload'),
      [{value: '', text: 'all'}, ...texts.map((text) => ({value: `=${text}`, text}))], '',
      () => study.filter('workload', byId('workload').value));
  byId('clear').addEventListener('click', () => study.clear());
  study.on('filter', drawFilters);
  drawFilters();
}

const OTHERS_PAGE = 50;
function startOthers() {
  const others = [...data.others].sort(
      (a, b) =>
          (a.state === b.state   ? a.number - b.number :
               a.state < b.state ? -1 :
                                   1));
  byId('others').hidden = byId('to-others').hidden = !others.length;
  if (!others.length) return;
  const several = data.workloads.length > 1;
  byId('others-note').textContent =
      'Infeasible points describe no machine that can be built; failed ones ended with an error.';
  byId('others-head')
      .append(element(
          'tr', {},
          ...['point', 'state', ...(several ? ['workload'] : []), 'message', 'parameters'].map(
              (text) => element('th', {scope: 'col'}, text))));
  let page = 0;
  const draw = () => {
    const rows = others.slice(page * OTHERS_PAGE, (page + 1) * OTHERS_PAGE).map((point) => {
      const settings = Object.entries(point.parameters)
                           .filter(([, text]) => text !== '')
                           .map(([name, text]) => `${name}=${text}`)
                           .join(' ');
      const cells = [
        String(point.number), point.state, ...(several ? [point.workload] : []), point.message,
        settings
      ];
      return element('tr', {}, ...cells.map((text) => element('td', {}, text)));
    });
    byId('others-body').replaceChildren(...rows);
    byId('others-page').textContent = `${numberText(page * OTHERS_PAGE + 1)}–${
        numberText(page * OTHERS_PAGE + rows.length)} of ${numberText(others.length)}`;
    byId('others-previous').disabled = page === 0;
    byId('others-next').disabled = (page + 1) * OTHERS_PAGE >= others.length;
  };
  byId('others-pager').hidden = others.length <= OTHERS_PAGE;
  byId('others-previous').addEventListener('click', () => {
    --page;
    draw();
  });
  byId('others-next').addEventListener('click', () => {
    ++page;
    draw();
  });
  draw();
}

drawHeading();
startOthers();
if (COUNT) {
  startFilters();
  startPlots();
  startParallel();
  startDetail();
  startTable();
} else {
  for (const place of document.querySelectorAll(
           '.toolbar, nav, #front, #together, #decides, #points'))
    place.hidden = true;
}
