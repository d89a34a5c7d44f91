// Colour scales for data: stops joined in OKLab, so that lightness stays monotone between them.

export type Rgb = readonly [number, number, number];

const linear = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const gamma = (v: number) => {
  const c = Math.min(1, Math.max(0, v));
  return c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
};

function toLab(hex: string): Rgb {
  const [r, g, b] = [1, 3, 5].map((i) => linear(parseInt(hex.trim().slice(i, i + 2), 16) / 255)) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function toRgb([L, a, b]: Rgb): Rgb {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((v) => Math.round(gamma(v) * 255)) as unknown as Rgb;
}

/** `size` colours through the given `#rrggbb` stops. */
export function ramp(stops: string[], size = 256): Rgb[] {
  const lab = stops.map(toLab);
  return Array.from({ length: size }, (_, i) => {
    const position = (i / (size - 1)) * (lab.length - 1);
    const k = Math.min(lab.length - 2, Math.floor(position));
    const low = lab[k] ?? [0, 0, 0];
    const high = lab[k + 1] ?? low;
    const f = position - k;
    return toRgb([0, 1, 2].map((j) => (low[j] ?? 0) + ((high[j] ?? 0) - (low[j] ?? 0)) * f) as unknown as Rgb);
  });
}
