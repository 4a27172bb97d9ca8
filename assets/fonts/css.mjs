// @font-face rules with the exact unicode-range of each file.

/** [0x3041, 0x3042, 0x3046] -> "U+3041-3042,U+3046" */
export function ranges(codes) {
  const sorted = [...codes].sort((a, b) => a - b);
  const runs = [];
  for (const code of sorted) {
    const last = runs.at(-1);
    if (last && code <= last[1] + 1) last[1] = code;
    else runs.push([code, code]);
  }
  const hex = (n) => n.toString(16).toUpperCase();
  return runs.map(([a, b]) => (a === b ? `U+${hex(a)}` : `U+${hex(a)}-${hex(b)}`)).join(",");
}

/** "U+3041-3042,U+3046" -> [0x3041, 0x3042, 0x3046] */
export function codes(range) {
  return range.split(",").flatMap((part) => {
    const [a, b = a] = part.trim().replace(/^U\+/i, "").split("-").map((n) => parseInt(n, 16));
    return Array.from({ length: b - a + 1 }, (_, i) => a + i);
  });
}

const kanji = [[0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xf900, 0xfaff], [0x20000, 0x323af]];

/** As `ranges`, but kanji by whole blocks: 7 KB less on every page than 3,000 letters one by one. The only
 *  cost: a kanji that is in no layer above loads this file before the next layer is asked. */
export function coarse(codes) {
  const isKanji = (code) => kanji.some(([a, b]) => code >= a && code <= b);
  const blocks = kanji.map(([a, b]) => `U+${a.toString(16).toUpperCase()}-${b.toString(16).toUpperCase()}`);
  return [ranges([...codes].filter((code) => !isKanji(code))), ...blocks].filter(Boolean).join(",");
}

/** Faces: { family, weight, file, range }. The sheet lies beside the fonts, so names are enough. */
export function faces(list) {
  const face = ({ family, weight, file, range }) =>
    `@font-face{font-family:"${family}";font-weight:${weight};font-display:swap;` +
    `src:url(${file}) format("woff2");unicode-range:${range}}`;
  return list.map(face).join("\n");
}
