// Faults of access on the screen that is shown, as axe-core finds them: only those that keep somebody from something
// (serious, critical). Looks at the page as it is; opens and changes nothing.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** One line a fault: the rule, and the first elements that break it. */
export async function faults(browser) {
  if (!(await browser.execute(() => 'axe' in window))) await browser.execute(await readFile(source, 'utf8'));
  return browser.executeAsync((done) => {
    window.axe.run(document, { resultTypes: ['violations'] }).then(
      ({ violations }) => done(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 120)).join(' | ')}`)),
      (error) => done([`axe failed: ${error}`]),
    );
  });
}
