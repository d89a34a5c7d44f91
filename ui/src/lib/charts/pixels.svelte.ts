// Device pixels to a CSS pixel. WebKit enlarges the page without a word in `devicePixelRatio`; engines of Chrome's kind count the
// zoom there themselves. Who draws in effects draws again when it changes.

let zoom = $state(1);
const counted = typeof navigator !== 'undefined' && navigator.userAgent.includes('Chrome/');

export function pixelRatio(): number {
  return (typeof devicePixelRatio === 'number' ? devicePixelRatio : 1) * (counted ? 1 : zoom);
}

/** The window has been enlarged to so much; 1 as it is. */
export function zoomed(factor: number): void {
  zoom = factor;
}
