// A method of the API, called by the page as the page calls it.
export function rpc(browser, method, params = {}) {
  return browser.executeAsync((method, params, done) => {
    window.__TAURI_INTERNALS__.invoke('rpc', { method, params }).then((value) => done({ value }), (error) => done({ error }));
  }, method, params).then(({ value, error }) => {
    if (error) throw new Error(`${method}: ${error.message}`);
    return value;
  });
}
