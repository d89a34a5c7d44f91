// A method of the API, called by the page as the page calls it.
export function rpc(browser, method, params = {}) {
  return browser.executeAsync((method, params, done) => {
    window.__TAURI_INTERNALS__.invoke('rpc', { method, params }).then((value) => done({ value }), (failure) => done({ failure }));
  }, method, params).then(({ value, failure }) => {
    // Not called `error`: the driver's client takes an answer with such a field for a failure of its own.
    if (failure) throw new Error(`${method}: ${failure.message}`);
    return value;
  });
}
