// Just enough TrueType to take glyphs out of several slices of one font and put them into one file.
// All slices share units, metrics and outlines without hints, so glyph data can be copied as it is;
// only the numbers of the parts of composite glyphs change. Layout tables are left behind on purpose:
// the design uses neither `palt` nor ligatures.

/** Tables of a font file: tag -> bytes. */
export function tables(bytes) {
  const view = Buffer.from(bytes);
  const found = {};
  for (let i = 0; i < view.readUInt16BE(4); i += 1) {
    const at = 12 + 16 * i;
    const start = view.readUInt32BE(at + 8);
    found[view.toString("latin1", at, at + 4)] = view.subarray(start, start + view.readUInt32BE(at + 12));
  }
  return found;
}

/** Code point -> glyph, from the widest Unicode subtable. */
export function charMap(cmap) {
  const subtables = [];
  for (let i = 0; i < cmap.readUInt16BE(2); i += 1) {
    const at = cmap.readUInt32BE(8 + 8 * i);
    subtables.push({ at, format: cmap.readUInt16BE(at) });
  }
  const wide = subtables.find((one) => one.format === 12);
  if (wide) return format12(cmap, wide.at);
  return format4(cmap, subtables.find((one) => one.format === 4).at);
}

function format12(cmap, at) {
  const map = new Map();
  for (let i = 0; i < cmap.readUInt32BE(at + 12); i += 1) {
    const group = at + 16 + 12 * i;
    const first = cmap.readUInt32BE(group);
    for (let code = first; code <= cmap.readUInt32BE(group + 4); code += 1) {
      map.set(code, cmap.readUInt32BE(group + 8) + code - first);
    }
  }
  return map;
}

function format4(cmap, at) {
  const map = new Map();
  const double = cmap.readUInt16BE(at + 6);
  for (let i = 0; i < double; i += 2) {
    const end = cmap.readUInt16BE(at + 14 + i);
    const start = cmap.readUInt16BE(at + 16 + double + i);
    const delta = cmap.readUInt16BE(at + 16 + 2 * double + i);
    const offsetAt = at + 16 + 3 * double + i;
    const offset = cmap.readUInt16BE(offsetAt);
    for (let code = start; code <= end && code !== 0xffff; code += 1) {
      const glyph = offset === 0 ? code : cmap.readUInt16BE(offsetAt + offset + 2 * (code - start));
      if (glyph !== 0) map.set(code, (glyph + delta) & 0xffff);
    }
  }
  return map;
}

/** One slice, ready to give glyphs away. */
export class Source {
  constructor(bytes) {
    this.tables = tables(bytes);
    this.map = charMap(this.tables.cmap);
    this.long = this.tables.head.readInt16BE(50) === 1;
    this.metrics = this.tables.hhea.readUInt16BE(34);
  }

  glyph(id) {
    const { loca, glyf } = this.tables;
    const at = (i) => (this.long ? loca.readUInt32BE(4 * i) : 2 * loca.readUInt16BE(2 * i));
    return glyf.subarray(at(id), at(id + 1));
  }

  metric(id) {
    const { hmtx } = this.tables;
    if (id < this.metrics) return [hmtx.readUInt16BE(4 * id), hmtx.readInt16BE(4 * id + 2)];
    const bearing = 4 * this.metrics + 2 * (id - this.metrics);
    return [hmtx.readUInt16BE(4 * (this.metrics - 1)), hmtx.readInt16BE(bearing)];
  }
}

/** Offsets of the glyph numbers inside a composite glyph. */
function parts(glyph) {
  if (glyph.length < 10 || glyph.readInt16BE(0) >= 0) return [];
  const offsets = [];
  let at = 10;
  for (let flags = 0x20; flags & 0x20; ) {
    flags = glyph.readUInt16BE(at);
    offsets.push(at + 2);
    at += 4 + (flags & 1 ? 4 : 2) + (flags & 8 ? 2 : 0) + (flags & 0x40 ? 4 : 0) + (flags & 0x80 ? 8 : 0);
  }
  return offsets;
}

/** wanted: Map of code point -> Source that has it. Returns the bytes of one TrueType font. */
export function merge(wanted, family, bold) {
  const order = [...wanted.keys()].sort((a, b) => a - b);
  const sources = [...new Set(wanted.values())];
  const glyphs = [{ source: sources[0], id: 0 }];
  for (const code of order) glyphs.push({ source: wanted.get(code), id: wanted.get(code).map.get(code) });
  const place = new Map();
  // Parts of composites follow at the end, once for each source.
  for (const one of glyphs) {
    one.data = Buffer.from(one.source.glyph(one.id));
    for (const at of parts(one.data)) {
      const id = one.data.readUInt16BE(at);
      const key = `${sources.indexOf(one.source)}/${id}`;
      if (!place.has(key)) place.set(key, glyphs.push({ source: one.source, id }) - 1);
      one.data.writeUInt16BE(place.get(key), at);
    }
  }
  return write(glyphs, order, sources, family, bold);
}

function write(glyphs, order, sources, family, bold) {
  const offsets = Buffer.alloc(4 * (glyphs.length + 1));
  const metrics = Buffer.alloc(4 * glyphs.length);
  const data = [];
  let length = 0;
  glyphs.forEach((one, i) => {
    const padding = Buffer.alloc((4 - (one.data.length % 4)) % 4);
    data.push(one.data, padding);
    length += one.data.length + padding.length;
    offsets.writeUInt32BE(length, 4 * (i + 1));
    const [advance, bearing] = one.source.metric(one.id);
    metrics.writeUInt16BE(advance, 4 * i);
    metrics.writeInt16BE(bearing, 4 * i + 2);
  });
  const base = sources[0].tables;
  const head = Buffer.from(base.head);
  head.writeUInt32BE(0, 8);
  head.writeInt16BE(1, 50);
  const hhea = Buffer.from(base.hhea);
  hhea.writeUInt16BE(glyphs.length, 34);
  const maxp = Buffer.from(base.maxp);
  for (let at = 6; at < 32; at += 2) {
    maxp.writeUInt16BE(Math.max(...sources.map((one) => one.tables.maxp.readUInt16BE(at))), at);
  }
  maxp.writeUInt16BE(glyphs.length, 4);
  const post = Buffer.alloc(32);
  base.post.copy(post, 0, 0, 32);
  post.writeUInt32BE(0x00030000, 0);
  return file({
    "OS/2": base["OS/2"],
    cmap: cmapOf(order),
    glyf: Buffer.concat(data),
    head,
    hhea,
    hmtx: metrics,
    loca: offsets,
    maxp,
    name: nameOf(family, bold),
    post,
  });
}

/** The i-th code point has glyph i + 1; both a BMP and a full subtable, as some readers want. */
function cmapOf(order) {
  const runs = [];
  order.forEach((code, i) => {
    const last = runs.at(-1);
    if (last && code === last.end + 1 && !(last.end === 0xffff)) last.end = code;
    else runs.push({ start: code, end: code, glyph: i + 1 });
  });
  const wide = Buffer.alloc(16 + 12 * runs.length);
  wide.writeUInt16BE(12, 0);
  wide.writeUInt32BE(wide.length, 4);
  wide.writeUInt32BE(runs.length, 12);
  runs.forEach((run, i) => {
    wide.writeUInt32BE(run.start, 16 + 12 * i);
    wide.writeUInt32BE(run.end, 20 + 12 * i);
    wide.writeUInt32BE(run.glyph, 24 + 12 * i);
  });
  const short = [...runs.filter((run) => run.end < 0xffff), { start: 0xffff, end: 0xffff, glyph: 0 }];
  const narrow = Buffer.alloc(16 + 8 * short.length);
  const log = Math.floor(Math.log2(short.length));
  [4, narrow.length, 0, 2 * short.length, 2 ** (log + 1), log, 2 * short.length - 2 ** (log + 1)].forEach(
    (value, i) => narrow.writeUInt16BE(value, 2 * i),
  );
  short.forEach((run, i) => {
    narrow.writeUInt16BE(run.end, 14 + 2 * i);
    narrow.writeUInt16BE(run.start, 16 + 2 * short.length + 2 * i);
    narrow.writeUInt16BE((run.glyph - run.start) & 0xffff, 16 + 4 * short.length + 2 * i);
  });
  const header = Buffer.alloc(20);
  [0, 2, 3, 1, 0, 20, 3, 10].forEach((value, i) => header.writeUInt16BE(value, 2 * i));
  header.writeUInt32BE(20 + narrow.length, 16);
  return Buffer.concat([header, narrow, wide]);
}

/** Family, style, unique name, full name, version and PostScript name, in English for Windows. */
export function nameOf(family, bold) {
  const style = bold ? "Bold" : "Regular";
  const plain = `${family.replaceAll(" ", "")}-${style}`;
  const names = [[1, family], [2, style], [3, plain], [4, `${family} ${style}`], [5, "Version 1.0"], [6, plain]];
  const header = Buffer.alloc(6 + 12 * names.length);
  header.writeUInt16BE(names.length, 2);
  header.writeUInt16BE(header.length, 4);
  let offset = 0;
  const strings = names.map(([id, value], i) => {
    const bytes = Buffer.from(value, "utf16le").swap16();
    [3, 1, 0x409, id, bytes.length, offset].forEach((n, k) => header.writeUInt16BE(n, 6 + 12 * i + 2 * k));
    offset += bytes.length;
    return bytes;
  });
  return Buffer.concat([header, ...strings]);
}

/** A font file out of its tables, with checksums. */
export function file(named) {
  const tags = Object.keys(named).sort();
  const log = Math.floor(Math.log2(tags.length));
  const header = Buffer.alloc(12 + 16 * tags.length);
  header.writeUInt32BE(0x00010000, 0);
  [tags.length, 16 * 2 ** log, log, 16 * (tags.length - 2 ** log)].forEach((n, i) =>
    header.writeUInt16BE(n, 4 + 2 * i),
  );
  let at = header.length;
  const body = tags.map((tag, i) => {
    const padded = Buffer.concat([named[tag], Buffer.alloc((4 - (named[tag].length % 4)) % 4)]);
    header.write(tag, 12 + 16 * i, "latin1");
    [checksum(padded), at, named[tag].length].forEach((n, k) => header.writeUInt32BE(n, 16 + 16 * i + 4 * k));
    at += padded.length;
    return padded;
  });
  const whole = Buffer.concat([header, ...body]);
  const headAt = header.readUInt32BE(12 + 16 * tags.indexOf("head") + 8);
  whole.writeUInt32BE((0xb1b0afba - checksum(whole)) >>> 0, headAt + 8);
  return whole;
}

function checksum(bytes) {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 4) sum = (sum + bytes.readUInt32BE(i)) >>> 0;
  return sum;
}
