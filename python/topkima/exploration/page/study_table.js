// SPDX-License-Identifier: Apache-2.0
// The table of points: sorted by a column, filtered by column, a page at a time.
'use strict';
const PAGE = 50;
const table = {
  sort: {key: 'number', down: false},
  page: 0,
  order: [],
  active: 0,
  shown: new Set()
};

// What identifies and judges a point comes before what it is made of.
const inOrder = [
  'number', 'workload', 'objective', 'standing', 'bottleneck', 'parameter', 'metric'
].flatMap((what) => fields.filter((field) => field.key === what || field.role === what));
const tableFields = () => inOrder.filter((field) => table.shown.has(field.key));

function sortedOrder() {
  const field = fieldOf.get(table.sort.key);
  const sign = table.sort.down ? -1 : 1;
  const rank = field.numeric ? null : new Map(field.texts.map((text, place) => [text, place]));
  const keys = study.visible.map((i) => [i, field.numeric ? field.at(i) : rank.get(field.at(i))]);
  keys.sort((a, b) => {
    if (a[1] === b[1]) return a[0] - b[0];
    if (a[1] === null) return 1;  // what has no value comes last either way
    if (b[1] === null) return -1;
    return a[1] < b[1] ? -sign : sign;
  });
  return keys.map(([i]) => i);
}

const filterIdOf = (field) => `filter-${field.key}`;

function drawHead() {
  const cells = tableFields().map((field) => {
    const sorted = table.sort.key === field.key;
    const mark = sorted ? (table.sort.down ? ' ▼' : ' ▲') : '';
    const button =
        element('button', {type: 'button', title: field.meaning}, ...breakable(field.name), mark);
    button.addEventListener('click', () => {
      table.sort = {key: field.key, down: table.sort.key === field.key && !table.sort.down};
      drawTable(true);
      drawHead();
      byId('table-head').querySelector(`th[data-key="${CSS.escape(field.key)}"] button`).focus();
    });
    const input = element('input', {
      type: 'text',
      id: filterIdOf(field),
      value: study.filters.get(field.key) || '',
      autocomplete: 'off',
      spellcheck: false
    });
    input.setAttribute('aria-label', `Filter ${field.name}`);
    input.setAttribute('aria-invalid', study.unreadable.has(field.key));
    input.addEventListener('input', debounced(() => study.filter(field.key, input.value), 200));
    const head = element(
        'th', {scope: 'col', className: field.numeric ? 'number' : ''}, button,
        element('span', {className: 'print-only'}, ...breakable(field.name)),
        element('span', {className: 'unit'}, field.unit || '\u00a0'), input);
    head.dataset.key = field.key;
    head.setAttribute(
        'aria-sort', sorted ? (table.sort.down ? 'descending' : 'ascending') : 'none');
    return head;
  });
  byId('table-head').replaceChildren(element('tr', {}, ...cells));
}

/**
 * The inputs as the filters are, wherever those were changed; not the one that is being typed
 * into.
 */
function syncInputs() {
  for (const field of tableFields()) {
    const input = byId(filterIdOf(field));
    if (input !== document.activeElement) input.value = study.filters.get(field.key) || '';
    input.setAttribute('aria-invalid', study.unreadable.has(field.key));
  }
}

function cellOf(field, i) {
  if (field.key === 'standing') {
    if (isViolator(i))
      return element(
          'td', {},
          element(
              'span', {className: 'tag bad', title: data.violates[i].join(', ')},
              data.violates[i].join(', ')));
    return element(
        'td', {},
        isFront(i) ?
            element(
                'span', {className: 'tag mark'}, objectiveFields.length > 1 ? 'front' : 'best') :
            '');
  }
  const value = field.at(i);
  const text = field.text(i);
  return element(
      'td', {
        className: field.numeric ? 'number' : '',
        title: field.numeric && value !== null ? String(value) : text
      },
      text);
}

/** One value of a CSV file. */
const csvText = (value) => {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
};

/** The points that the filters leave, in the table's order, with the columns that it shows. */
function tableCsv() {
  const shown = tableFields();
  const valueOf = (field, i) => field.key === 'standing' && isViolator(i) ?
      `violates ${data.violates[i].join('; ')}` :
      field.at(i);
  const lines = [
    shown.map((field) => field.label),
    ...table.order.map((i) => shown.map((field) => valueOf(field, i)))
  ];
  return lines.map((line) => line.map(csvText).join(',') + '\n').join('');
}

function saveCsv() {
  const link = element('a', {
    href: URL.createObjectURL(new Blob([tableCsv()], {type: 'text/csv'})),
    download: `${data.name.replace(/[^\w.-]+/g, '_')}.csv`
  });
  link.click();
  URL.revokeObjectURL(link.href);
}

function drawBody() {
  const start = table.page * PAGE;
  const shown = tableFields();
  const rows = table.order.slice(start, start + PAGE).map((i, at) => {
    const row = element(
        'tr', {tabIndex: at === table.active ? 0 : -1}, ...shown.map((field) => cellOf(field, i)));
    row.dataset.point = i;
    row.setAttribute('aria-selected', i === study.selected);
    return row;
  });
  byId('table-body').replaceChildren(...rows);
  const pages = Math.max(1, Math.ceil(table.order.length / PAGE));
  byId('page-number').textContent = table.order.length ?
      `${numberText(start + 1)}–${numberText(Math.min(start + PAGE, table.order.length))} of ${
          numberText(table.order.length)}` :
      'no points';
  byId('first-page').disabled = byId('previous-page').disabled = table.page === 0;
  byId('last-page').disabled = byId('next-page').disabled = table.page >= pages - 1;
}

function drawTable(fromTop) {
  table.order = sortedOrder();
  if (fromTop) table.page = 0;
  table.active = 0;
  drawBody();
}

function turnTo(page) {
  table.page = Math.max(0, Math.min(page, Math.ceil(table.order.length / PAGE) - 1));
  table.active = 0;
  drawBody();
}

function focusRow(at) {
  const rows = byId('table-body').rows;
  if (at < 0 && table.page > 0) {
    turnTo(table.page - 1);
    at = PAGE - 1;
  } else if (at >= rows.length && (table.page + 1) * PAGE < table.order.length) {
    turnTo(table.page + 1);
    at = 0;
  }
  const target =
      byId('table-body').rows[Math.max(0, Math.min(at, byId('table-body').rows.length - 1))];
  if (!target) return;
  [...byId('table-body').rows].forEach((row) => (row.tabIndex = row === target ? 0 : -1));
  table.active = target.sectionRowIndex;
  target.focus();
}

function onRowKey(event) {
  const row = event.target.closest('tr');
  const moves = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10};
  if (event.key === 'Enter' || event.key === ' ')
    study.select(Number(row.dataset.point));
  else if (event.key in moves)
    focusRow(row.sectionRowIndex + moves[event.key]);
  else if (event.key === 'Home')
    focusRow(0);
  else if (event.key === 'End')
    focusRow(PAGE - 1);
  else
    return;
  event.preventDefault();
}

/** Turns to the page of the selected point, when it is in the table. */
function showSelected() {
  const place = table.order.indexOf(study.selected);
  if (place >= 0) {
    table.page = Math.floor(place / PAGE);
    table.active = place % PAGE;
  }
  const focused = byId('table-body').contains(document.activeElement);
  drawBody();
  if (focused) focusRow(table.active);
}

function columnChooser() {
  byId('choose').replaceChildren(...inOrder.map((field) => {
    const box = element('input', {type: 'checkbox', checked: table.shown.has(field.key)});
    box.addEventListener('change', () => {
      if (box.checked)
        table.shown.add(field.key);
      else
        table.shown.delete(field.key);
      drawHead();
      drawBody();
    });
    return element('label', {title: field.meaning}, box, field.label);
  }));
}

function startTable() {
  for (const field of fields) {
    const single =
        (field.key === 'workload' || field.key === 'bottleneck') && field.texts.length < 2;
    if (field.role !== 'metric' && !single) table.shown.add(field.key);
  }
  columnChooser();
  drawHead();
  drawTable(true);
  byId('save-csv').addEventListener('click', saveCsv);
  byId('first-page').addEventListener('click', () => turnTo(0));
  byId('previous-page').addEventListener('click', () => turnTo(table.page - 1));
  byId('next-page').addEventListener('click', () => turnTo(table.page + 1));
  byId('last-page').addEventListener('click', () => turnTo(Infinity));
  byId('table-body').addEventListener('click', (event) => {
    const row = event.target.closest('tr');
    table.active = row.sectionRowIndex;
    study.select(Number(row.dataset.point));
  });
  byId('table-body').addEventListener('keydown', onRowKey);
  study.on('filter', () => {
    drawTable(true);
    syncInputs();
  });
  study.on('select', showSelected);
}
