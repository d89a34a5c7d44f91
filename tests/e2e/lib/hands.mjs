// What a person does in the window, by the page's test ids: click, type, go to a screen. Every step waits until it can be done.

/** How long an element may take to be there; reached only when something is wrong. */
const WAIT_MS = 15_000;

/** Hands for the window that `shown()` gives: it may be closed and opened again in between. */
export function hands(shown) {
  const by = (id) => shown().browser.$(`[data-testid="${id}"]`);
  const there = async (element) => {
    await element.waitForDisplayed({ timeout: WAIT_MS });
    return element;
  };
  const press = async (element) => {
    await element.waitForClickable({ timeout: WAIT_MS });
    await element.click();
  };
  const click = (id) => press(by(id));
  return {
    by,
    press,
    click,
    /** Puts a text into a field, in place of what is there. */
    async type(id, text) {
      const field = await there(by(id));
      await field.click();
      await field.setValue(text);
    },
    /** Chooses from a list. */
    async choose(id, value) {
      await click(id);
      await press(shown().browser.$(`.choice[data-choice="${value}"]`));
    },
    text: async (id) => (await by(id).getText()).trim(),
    /** Goes to a screen through the rail. */
    async go(screen) {
      await click(`nav-${screen}`);
      await there(by(`${screen}-screen`));
    },
    /** Goes to an address, and waits for what it shows. */
    async visit(address, ready) {
      await shown().browser.execute((hash) => { location.hash = hash; }, address);
      return there(by(ready));
    },
    /** The row of a run on the live screen. */
    row: (run) => there(shown().browser.$(`[data-testid="run-row"][data-run="${run}"]`)),
  };
}
