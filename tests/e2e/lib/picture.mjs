// Pictures of the window from the framebuffer of our own Xvfb, as WebKit's driver may never answer a screenshot where
// there is no GPU. Reads the XWD file that Xvfb keeps, cuts out the window and writes a PNG.
import { readFile } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';

/** The whole screen: width, height, RGB bytes. */
export async function screen(file) {
  const bytes = await readFile(file);
  const word = (index) => bytes.readUInt32BE(4 * index);
  const [headerSize, format, width, height, byteOrder, bitsPerPixel, bytesPerLine, colours] =
    [word(0), word(2), word(4), word(5), word(7), word(11), word(12), word(19)];
  if (format !== 2 || byteOrder !== 0 || bitsPerPixel !== 32) throw new Error(`${file} has another form of pixels`);
  const start = headerSize + 12 * colours;
  const rgb = Buffer.alloc(3 * width * height);
  for (let y = 0, to = 0; y < height; y += 1) {
    for (let x = 0, from = start + y * bytesPerLine; x < width; x += 1, from += 4, to += 3) {
      rgb[to] = bytes[from + 2];
      rgb[to + 1] = bytes[from + 1];
      rgb[to + 2] = bytes[from];
    }
  }
  return { width, height, rgb };
}

/** A part of a screen. */
export function cut({ width, rgb }, x, y, w, h) {
  const part = Buffer.alloc(3 * w * h);
  for (let row = 0; row < h; row += 1) rgb.copy(part, 3 * w * row, 3 * (width * (y + row) + x), 3 * (width * (y + row) + x + w));
  return { width: w, height: h, rgb: part };
}

/** How many different colours there are, up to `limit`: a blank window has one. */
export function colours({ rgb }, limit = 1000) {
  const found = new Set();
  for (let at = 0; at < rgb.length && found.size < limit; at += 3) found.add(rgb.readUIntBE(at, 3));
  return found.size;
}

/** PNG with 8 bits a channel; with a palette where 256 colours are enough. */
export function png({ width, height, rgb }) {
  const palette = new Map();
  for (let at = 0; at < rgb.length && palette.size <= 256; at += 3) {
    const colour = rgb.readUIntBE(at, 3);
    if (!palette.has(colour)) palette.set(colour, palette.size);
  }
  const indexed = palette.size <= 256;
  const channels = indexed ? 1 : 3;
  const raw = Buffer.alloc((1 + channels * width) * height);
  for (let y = 0, to = 0; y < height; y += 1) {
    // Filter 2 (up) suits rows that repeat; a palette is better off without.
    raw[to] = indexed ? 0 : 2;
    to += 1;
    for (let at = 3 * width * y; at < 3 * width * (y + 1); at += 3) {
      if (indexed) raw[to++] = palette.get(rgb.readUIntBE(at, 3));
      else for (let c = 0; c < 3; c += 1) raw[to++] = y === 0 ? rgb[at + c] : (rgb[at + c] - rgb[at + c - 3 * width]) & 0xff;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, indexed ? 3 : 2, 0, 0, 0], 8);
  const parts = [chunk('IHDR', header)];
  if (indexed) parts.push(chunk('PLTE', Buffer.concat([...palette.keys()].map((colour) => Buffer.from([colour >> 16, (colour >> 8) & 255, colour & 255])))));
  parts.push(chunk('IDAT', deflateSync(raw, { level: 9 })), chunk('IEND', Buffer.alloc(0)));
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts]);
}

function chunk(name, data) {
  const part = Buffer.alloc(12 + data.length);
  part.writeUInt32BE(data.length, 0);
  part.write(name, 4, 'latin1');
  data.copy(part, 8);
  part.writeUInt32BE(crc32(part.subarray(4, 8 + data.length)), 8 + data.length);
  return part;
}
