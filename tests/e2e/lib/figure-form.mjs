// The form of a figure, which is open: its format by the end of the path, written, and closed.
import { readFile, rm } from 'node:fs/promises';
import { until } from './programs.mjs';

/** What is written, as bytes. `ends`: of the path that the form proposes, `-decide.svg`. */
export async function written(browser, { by, click }, ends) {
  const format = ends.split('.').at(-1);
  await by('export-write').waitForDisplayed({ timeout: 15_000 });
  await browser.execute((format) => document.querySelector(`form [data-value="${format}"]`).click(), format);
  const path = await until(`a path that ends in ${ends}`, async () => {
    const shown = await by('export-path').getValue();
    return shown.endsWith(ends) ? shown : null;
  });
  // Of an earlier writing.
  await rm(path, { force: true });
  await click('export-write');
  const file = await until(`${path} to be there`, () => readFile(path).catch(() => null));
  await until('the form to be gone', async () => !(await by('export-write').isExisting()));
  return file;
}
