// SPDX-License-Identifier: Apache-2.0
// Commands for a terminal.
'use strict';

async function copy(text, source) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    // Not every browser lets a local file use the clipboard; the old way needs a selection.
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return document.execCommand('copy');
  }
}

/** A command with a button that copies it; broken between words alone. */
function commandBlock(text, id = 'copy') {
  const words = text.split(' ').flatMap((word, at) => [at ? ' ' : '', element('span', {}, word)]);
  const shown = element('code', {className: 'command', tabIndex: 0}, ...words);
  const button = element('button', {type: 'button', id, className: 'no-print'}, 'Copy command');
  const told = element('span', {className: 'soft', role: 'status'});
  button.addEventListener('click', async () => {
    told.textContent = await copy(text, shown) ? ' Copied.' : ' Select and copy it by hand.';
  });
  return [shown, button, told];
}
