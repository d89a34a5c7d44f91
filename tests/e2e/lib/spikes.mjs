// Whether a spike, or a value that is not finite, is on the canvas of a chart: reads pixels where it must be, and the
// neighbourhood that it must differ from. Runs in the page; knows the charts' margins, not how they draw.

/** Colours as CSS says them, by the names of tokens. */
export function tokens(browser, names) {
  return browser.execute((names) => {
    const probe = document.body.appendChild(document.createElement('i'));
    const found = Object.fromEntries(names.map((name) => {
      probe.style.color = `var(${name})`;
      return [name, getComputedStyle(probe).color.match(/[0-9]+/g).slice(0, 3).map(Number)];
    }));
    probe.remove();
    return found;
  }, names);
}

/**
 * Heat map: for each `{ step, row }` the largest distance of a pixel at its place from the middle colour of its row nearby, and
 * from `nan`. `area` are the margins of the plot, `rows` how many rows there are.
 */
export function heatAt(browser, selector, { window, rows, places, nan, area }) {
  return browser.execute((selector, [from, to], rows, places, nan, area) => {
    const canvas = document.querySelector(`${selector} canvas`);
    const ratio = canvas.width / canvas.clientWidth;
    const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const plotWidth = canvas.width - (area.left + area.right) * ratio;
    const each = (canvas.height - (area.top + area.bottom) * ratio) / rows;
    const pixel = (x, y) => [0, 1, 2].map((c) => data[(Math.round(y) * width + Math.round(x)) * 4 + c]);
    const apart = (a, b) => Math.max(...a.map((value, c) => Math.abs(value - b[c])));
    const middle = (colours) => [0, 1, 2].map((c) => colours.map((colour) => colour[c]).sort((a, b) => a - b)[colours.length >> 1]);
    return places.map(({ step, row }) => {
      const at = area.left * ratio + ((step - from) / (to - from)) * plotWidth;
      const y = area.top * ratio + (row + 0.5) * each;
      const around = [];
      for (let dx = 8; dx <= 24; dx += 2) for (const x of [at - dx, at + dx]) if (x > area.left * ratio && x < area.left * ratio + plotWidth) around.push(pixel(x, y));
      const calm = middle(around);
      const inside = [];
      for (let x = Math.max(area.left * ratio, at - 2); x <= Math.min(area.left * ratio + plotWidth - 1, at + 2); x += 1) {
        for (const dy of [-0.4, 0, 0.4]) inside.push(pixel(x, y + dy * Math.max(1, each - 1)));
      }
      return { spike: Math.max(...inside.map((colour) => apart(colour, calm))), nan: Math.min(...inside.map((colour) => apart(colour, nan))) };
    });
  }, selector, window, rows, places, nan, area);
}

/**
 * Lines: for each `{ step, colour }` how many pixels higher the line of that colour stands at its place than beside it. A line that
 * is not there at all gives null.
 */
export function riseAt(browser, selector, { window, places, area }) {
  return browser.execute((selector, [from, to], places, area) => {
    const canvas = document.querySelector(`${selector} canvas`);
    const ratio = canvas.width / canvas.clientWidth;
    const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const plotWidth = canvas.width - (area.left + area.right) * ratio;
    const close = (x, y, colour) => colour.every((value, c) => Math.abs(data[(y * width + x) * 4 + c] - value) < 70) && data[(y * width + x) * 4 + 3] > 60;
    const top = (x, colour) => {
      for (let y = 0; y < height; y += 1) if (close(x, y, colour)) return y;
      return null;
    };
    return places.map(({ step, colour }) => {
      const at = Math.round(area.left * ratio + ((step - from) / (to - from)) * plotWidth);
      const inside = [];
      const beside = [];
      for (let x = at - 2; x <= at + 2; x += 1) inside.push(top(x, colour));
      for (let dx = 8; dx <= 24; dx += 2) for (const x of [at - dx, at + dx]) if (x > area.left * ratio && x < area.left * ratio + plotWidth) beside.push(top(x, colour));
      const found = inside.filter((y) => y !== null);
      const usual = beside.filter((y) => y !== null).sort((a, b) => a - b);
      return found.length === 0 || usual.length === 0 ? null : usual[usual.length >> 1] - Math.min(...found);
    });
  }, selector, window, places, area);
}
