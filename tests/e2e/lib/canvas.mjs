// Whether a chart is really drawn: reads the pixels of its canvases, as a screenshot could show an empty frame.

/** For every visible canvas inside `selector`: size in pixels, and how many are painted in how many colours. */
export function canvases(browser, selector) {
  return browser.execute((selector) => {
    const all = [...document.querySelectorAll(`${selector} canvas, canvas${selector}`)];
    return all.filter((canvas) => canvas.width > 0 && canvas.getClientRects().length > 0).map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set();
      let painted = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] === 0) continue;
        painted += 1;
        // Anti-aliasing makes neighbours of every colour; four bits a channel tell real ones apart.
        colours.add(((data[at] >> 4) << 8) | ((data[at + 1] >> 4) << 4) | (data[at + 2] >> 4));
      }
      return { width: canvas.width, height: canvas.height, painted, colours: colours.size };
    });
  }, selector);
}

/** A canvas with axes and at least one line: some pixels, more than one colour. */
export function drawn(canvas) {
  return canvas.painted >= 200 && canvas.colours >= 2;
}
