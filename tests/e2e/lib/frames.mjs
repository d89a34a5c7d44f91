// A hand that zooms and pans over a chart of the real window once a frame, and what the window does meanwhile.
import { cpuSeconds } from './processes.mjs';
import { applicationOn } from './window.mjs';

/** Runs in the page: `gesture` names what each frame does; frames, redraws and the longest frame in milliseconds. */
function drive(browser, plot, gesture, seconds) {
  return browser.executeAsync((plotId, gesture, seconds, done) => {
    const plot = document.querySelector(`[data-testid="${plotId}"]`);
    const box = plot.getBoundingClientRect();
    const painted = () => Number(plot.dataset.painted);
    const turn = (deltaY, shiftKey) => plot.dispatchEvent(new WheelEvent('wheel', {
      deltaY, shiftKey, bubbles: true, cancelable: true, clientX: box.left + box.width * 0.6, clientY: box.top + box.height / 2,
    }));
    const [from, redraws] = [performance.now(), painted()];
    let [frames, last, longest] = [0, from, 0];
    const frame = (now) => {
      if (frames > 0) longest = Math.max(longest, now - last);
      last = now;
      const at = performance.now() - from;
      if (at > seconds * 1000) {
        done({ frames, seconds: at / 1000, redraws: painted() - redraws, longest });
        return;
      }
      frames += 1;
      // In and out again within two seconds; to and fro likewise.
      const forth = Math.floor(at / 1000) % 2 === 0;
      turn(forth ? -100 : 100, gesture === 'pan');
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, plot, gesture, seconds);
}

/** What a drive of the page comes to: frames a second, the longest one, and what a frame takes of the processor, which says more than the
 * rate where other programs run beside. `drive` answers `frames`, `seconds` and `longest`. */
export async function measured(folder, drive) {
  const root = await applicationOn(folder);
  const before = await cpuSeconds(root);
  const seen = await drive();
  const after = await cpuSeconds(root);
  const cpu = Object.fromEntries(Object.entries(after).map(([name, taken]) => [name, Math.round((taken - (before[name] ?? 0)) / seen.frames * 10_000) / 10]));
  return { seen, value: Math.round(seen.frames / seen.seconds * 10) / 10, details: { longest_frame_ms: Math.round(seen.longest), cpu_ms_per_frame: cpu } };
}

/** Frames and redraws a second over so many seconds, after two that warm it up; `plot`: the chart's test id. */
export async function framesOf(browser, folder, plot, gesture, seconds) {
  await drive(browser, plot, gesture, 2);
  const { seen, value, details } = await measured(folder, () => drive(browser, plot, gesture, seconds));
  return { value, details: { redraws_per_second: Math.round(seen.redraws / seen.seconds * 10) / 10, ...details } };
}
