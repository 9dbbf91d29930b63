// SPDX-License-Identifier: Apache-2.0
// The study's columns as fields, the filters on them, and which point is selected.
'use strict';
const COUNT = data.number.length;
const front = new Set(data.front);
const objectiveNames = data.objectives.map((objective) => objective.metric);
const fields = [];

/**
 * A field has at(i), number or text (null: none), and text(i), what is shown. `texts`, of a field
 * of words, are all its values in order.
 */
function addField(field) {
  field.label = field.unit ? `${field.name} [${field.unit}]` : field.name;
  fields.push(field);
}

function wordField(key, name, meaning, column, role) {
  addField({
    key,
    name,
    meaning,
    role,
    unit: '',
    numeric: false,
    texts: column.texts,
    at: (i) => column.texts[column.index[i]],
    text: (i) => column.texts[column.index[i]],
  });
}

addField({
  key: 'number',
  name: 'point',
  unit: '',
  meaning: 'number of the point',
  role: 'point',
  numeric: true,
  at: (i) => data.number[i],
  text: (i) => String(data.number[i])
});
wordField('workload', 'workload', 'workload', data.workload, 'point');
for (const parameter of data.parameters) {
  const numbers = parameter.texts.map((text) => (text === '' ? null : Number(text)));
  const countable = parameter.kind === 'integer' || parameter.kind === 'real';
  if (countable && numbers.every((number) => !Number.isNaN(number))) {
    addField({
      ...parameter,
      key: `p:${parameter.name}`,
      role: 'parameter',
      numeric: true,
      values: numbers.filter((number) => number !== null),
      at: (i) => numbers[parameter.index[i]],
      text: (i) => parameter.texts[parameter.index[i]],
    });
  } else {
    wordField(`p:${parameter.name}`, parameter.name, parameter.meaning, parameter, 'parameter');
  }
}
for (const metric of data.metrics) {
  const objective = data.objectives.find((one) => one.metric === metric.name);
  addField({
    ...metric,
    key: `m:${metric.name}`,
    role: objective ? 'objective' : 'metric',
    numeric: true,
    direction: objective && objective.direction,
    at: (i) => metric.values[i] ?? null,
    text: (i) => numberText(metric.values[i], 6),
  });
}
wordField(
    'bottleneck', 'bottleneck', 'kind of stage that bounds the latency', data.bottleneck, 'point');
const frontTexts = {
  texts: ['front', 'violates a constraint', ''],
  index: data.number.map(
      (_, i) =>
          (data.violates[i] ? 1 :
               front.has(i) ? 0 :
                              2))
};
wordField(
    'standing', 'standing', 'on the front, or the constraint that it violates', frontTexts,
    'point');

const fieldOf = new Map(fields.map((field) => [field.key, field]));
const parameterFields = fields.filter((field) => field.role === 'parameter');
const objectiveFields = objectiveNames.map((name) => fieldOf.get(`m:${name}`)).filter(Boolean);
const isFront = (i) => front.has(i);
const isViolator = (i) => Boolean(data.violates[i]);

/** What a filter may be, for who has written something else. */
const filterHelp = (field) => field.numeric ? 'expected >=0.9, 10..20, 128|256 or !=5' :
                                              'expected a word of the column, fine|coarse or !fine';

/** A filter's text as a predicate over values; null when it cannot be read, or can hold of none. */
function predicateOf(field, text) {
  const alternatives =
      text.split('|')
          .map((part) => part.trim())
          .filter(Boolean)
          .map((part) => (field.numeric ? numberTest(part) : wordTest(part, field.texts)));
  if (alternatives.some((test) => test === null)) return null;
  return (value) => alternatives.some((test) => test(value));
}

function numberTest(text) {
  const tests = text.split(/\s+(?=[<>=!\d.-])/).map((part) => {
    const range = /^(\S+)\.\.(\S+)$/.exec(part);
    const [sign, rest] = range ? ['', ''] : /^(>=|<=|!=|>|<|=)?\s*(.*)$/.exec(part).slice(1);
    const [low, high] = range ? [Number(range[1]), Number(range[2])] : [Number(rest), 0];
    if (Number.isNaN(low) || Number.isNaN(high) || (!range && rest === '')) return null;
    if (range && low > high) return null;
    if (range) return (value) => value !== null && value >= low && value <= high;
    return {
      '>=': (value) => value !== null && value >= low,
      '<=': (value) => value !== null && value <= low,
      '>': (value) => value !== null && value > low,
      '<': (value) => value !== null && value < low,
      '!=': (value) => value !== low,
    }[sign] ||
        ((value) => value === low);
  });
  return tests.includes(null) ? null : (value) => tests.every((test) => test(value));
}

function wordTest(text, texts) {
  const [, sign, word] = /^(!=|!|=)?\s*(.*)$/.exec(text.toLowerCase());
  if (!texts.some((value) => value.toLowerCase().includes(word))) return null;
  if (sign === '=') return (value) => value.toLowerCase() === word;
  if (sign === '!=') return (value) => value.toLowerCase() !== word;
  if (sign === '!') return (value) => !value.toLowerCase().includes(word);
  return (value) => value.toLowerCase().includes(word);
}

/** What is filtered, which points that leaves, and which of all is selected. */
const study = {
  filters: new Map(),     // key -> text
  unreadable: new Set(),  // keys whose filter cannot be read; it is not applied
  visible: [],
  selected: -1,
  listeners: {filter: [], select: []},
  on(what, listener) {
    this.listeners[what].push(listener);
  },
  filter(key, text) {
    if (text.trim())
      this.filters.set(key, text);
    else
      this.filters.delete(key);
    this.refresh();
  },
  clear() {
    this.filters.clear();
    this.refresh();
  },
  refresh() {
    const tests = [];
    this.unreadable.clear();
    for (const [key, text] of this.filters) {
      const test = predicateOf(fieldOf.get(key), text);
      if (test)
        tests.push([fieldOf.get(key), test]);
      else
        this.unreadable.add(key);
    }
    this.visible = [];
    for (let i = 0; i < COUNT; ++i) {
      if (tests.every(([field, test]) => test(field.at(i)))) this.visible.push(i);
    }
    this.listeners.filter.forEach((listener) => listener());
  },
  select(i) {
    this.selected = i;
    this.listeners.select.forEach((listener) => listener());
  },
};
for (let i = 0; i < COUNT; ++i) study.visible.push(i);

/** Parameters, the most important for the first objective first. */
function byImportance() {
  const shares = data.importance[objectiveNames[0]] || {};
  return [...parameterFields].sort((a, b) => (shares[b.name] || 0) - (shares[a.name] || 0));
}
