// The designer's own grammar in the real window: parameters found by what people call them, ranges in the value field, rules
// with bounds, times that say how sure they are, mistakes of a file in words, at their place.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hands } from '../lib/hands.mjs';
import { until } from '../lib/programs.mjs';
import { open, workspace } from '../lib/window.mjs';

let space;
let window;
before(async () => {
  space = await workspace();
  window = await open(space.folder);
});
after(async () => {
  await window?.close();
  await space?.remove();
});

const { by, choose, click, type, text, go, visit } = hands(() => window);
const enter = () => window.browser.keys('Enter');
const runs = (wanted) => until(`${wanted} runs`, async () => (await text('runs-count')) === wanted);
const all = async (id) => {
  const found = await window.browser.$$(`[data-testid="${id}"]`);
  return Promise.all(await found.map((one) => one.getText()));
};
const file = (name) => join(space.folder, 'experiments', name);

/** A file of the workspace, shown. */
async function shown(name, body) {
  await mkdir(join(space.folder, 'experiments'), { recursive: true });
  await writeFile(file(name), `format = 1\nseeds = [0]\n\n[recipe]\npreset = "mocov3_vit_micro"\n${body}`);
  await visit(`#/sweeps/${name}`, 'sweeps-screen');
  await until(`${name} to be shown`, async () => (await window.browser.$(`section[aria-label="${name}"]`)).isExisting());
}

test('a parameter is found by what people call it, and a range becomes its axis', async () => {
  await go('sweeps');
  await click('empty-new-sweep');
  await type('new-sweep-name', 'Ranges');
  await choose('new-sweep-preset', 'mocov3_vit_micro');
  await click('new-sweep-create');
  await by('axis-frozen_patch_projection').waitForDisplayed({ timeout: 15_000 });
  await click('add-axis');
  await type('axis-option-search', 'lr');
  await enter();
  await type('axis-input-base_learning_rate', '1e-4..1e-2 x5 log');
  await enter();
  await until('the chip of the range', async () => (await text('axis-spacing-base_learning_rate')) === 'log 5');
  await runs('10');
  await click('save-sweep');
  await until('the range to be in the file', async () => (await readFile(file('ranges.toml'), 'utf8')).includes('log = { from = 1e-4, to = 0.01, count = 5 }'));
});

test('a range that lacks its number of values says what to add, and a value twice says so', async () => {
  await type('axis-input-base_learning_rate', '1e-3..1e-2');
  await enter();
  await until('the problem', async () => /add x5/.test(await by('axis-base_learning_rate').getText()));
  await type('axis-input-base_learning_rate', '1e-3');
  await enter();
  await until('the note', async () => /already/.test(await text('axis-input-base_learning_rate-note')));
});

test('before anything was measured the time is a guess that says so', async () => {
  assert.match(await text('estimated-time'), /^\u2248 /);
  assert.match(await text('estimate-note'), /Rough guess/);
});

test('a rule leaves out a side of a bound together with a value of another axis', async () => {
  await click('add-exclusion');
  await choose('exclusion-base_learning_rate', 'from');
  await type('exclusion-bound-base_learning_rate', '1e-3');
  await choose('exclusion-frozen_patch_projection', 'is');
  await click('exclusion-value-frozen_patch_projection-true');
  await click('exclusion-add');
  await runs('7');
  assert.match(await text('excluded-count'), /3 points/);
  assert.match((await all('exclusion'))[0].replaceAll(/\s+/g, ' '), /Base learning rate \u2265 1e\u22123/);
});

test('the axes of the grid are chosen, and stay in the address', async () => {
  await by('grid-across').waitForExist({ timeout: 15_000 });
  await choose('grid-across', 'frozen_patch_projection');
  await by('point-grid').waitForDisplayed({ timeout: 15_000 });
  await until('the address to say so', async () => /across=frozen_patch_projection/.test(await window.browser.execute(() => location.hash)));
  const heads = () => window.browser.execute(() => [...document.querySelectorAll('[data-testid="point-grid"] thead th')].map((head) => head.firstChild.textContent).join());
  await until('the grid to follow', async () => (await heads()) === 'learned,frozen');
});

test('with an error the grid says that nothing was computed, and the way leads to the error', async () => {
  await shown('broken.toml', '\n[[axis]]\nparameter = "batch_size"\nvalues = [64, 128, 256]\n\n[[axis]]\nparameter = "weight_decay"\nvalues = [0.1, 0.2]\n\n[[axis]]\nparameter = "patch_size"\nvalues = [7]\n');
  await until('the error', async () => (await all('finding-error')).length > 0);
  const words = await by('axis-patch_size').getText();
  assert.match(words.replaceAll(/\s+/g, ' '), /image size of 32\. 32 is divisible by/);
  await click('first-finding');
  await by('toml-editor').waitForDisplayed({ timeout: 15_000 });
});

test('an unknown parameter of an exclusion is marked in its rule', async () => {
  await shown('rule.toml', '\n[[axis]]\nparameter = "batch_size"\nvalues = [64, 128]\n\n[[exclude]]\nbatch_size = 64\n\n[[exclude]]\nbatchsize = 64\n');
  await window.browser.execute(() => { location.hash = location.hash.replace('tab=toml', ''); });
  await until('the mark', async () => {
    const rules = await all('exclusion');
    return rules.length === 2 && /There is no parameter/.test(rules[1]) && !/There is no parameter/.test(rules[0]);
  });
});

test('what is no TOML is said in words with line, column and what to do', async () => {
  await shown('syntax.toml', 'optimizer = lamb\n');
  await until('the error', async () => {
    const [said] = await all('finding-error');
    return said !== undefined && /needs quotes/.test(said) && /Line 6, column 13/.test(said);
  });
  await click('finding-fix');
  await until('the file to be mended', async () => (await all('finding-error')).length === 0);
});

test('batches over fixed steps, a long warm-up and a parameter that nobody reads are told, each by name', async () => {
  await shown('remarks.toml', 'prototypes = 512\nwarmup_epochs = 2\n\n[[axis]]\nparameter = "batch_size"\nvalues = [128, 256]\n');
  await until('all of them', async () => {
    const warnings = (await all('finding-warning')).join(' ');
    const notes = (await all('finding-note')).join(' ');
    return /prototypes.*swav/s.test(warnings) && /batch of 128.*936/s.test(warnings) && /batch of 256.*468/s.test(warnings) && /from 1\.28 to 2\.56 epochs/.test(notes);
  });
});
