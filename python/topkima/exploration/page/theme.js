// SPDX-License-Identifier: Apache-2.0
// Light or dark: as the system says, unless this page was told otherwise. Runs before anything is
// drawn.
'use strict';
const theme = (() => {
  const key = 'topkima-theme:' + location.pathname;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const listeners = [];
  let chosen = null;
  try {
    chosen = localStorage.getItem(key);
  } catch (error) {
    // Without storage the choice holds until the page is closed.
  }
  const printing = matchMedia('print');
  let onPaper = printing.matches;

  const name = () => (onPaper ? 'light' : chosen || (system.matches ? 'dark' : 'light'));
  function apply() {
    document.documentElement.dataset.theme = name();
    listeners.forEach((listener) => listener());
  }
  function paper(on) {
    if (on === onPaper) return;
    onPaper = on;
    apply();
  }
  system.addEventListener('change', apply);
  printing.addEventListener('change', () => paper(printing.matches));
  addEventListener('beforeprint', () => paper(true));
  addEventListener('afterprint', () => paper(false));
  apply();
  return {
    name,
    onPaper: () => onPaper,
    changed: (listener) => listeners.push(listener),
    toggle() {
      chosen = name() === 'dark' ? 'light' : 'dark';
      try {
        localStorage.setItem(key, chosen);
      } catch (error) {
        // As above.
      }
      apply();
    },
  };
})();
