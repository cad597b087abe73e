// Reads the Prometheus text format (version 0.0.4).

const line = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})?\s+(\S+)/;
const label = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"/g;
const escapes = {n: "\n", "\\": "\\", '"': '"'};

const number = text => text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);

/** A page of metrics: name -> list of `{labels, value}`. */
export function parse(text) {
  const families = new Map();
  for (const row of text.split("\n")) {
    const found = row.startsWith("#") ? null : row.match(line);
    if (!found) continue;
    const labels = {};
    for (const [, name, value] of (found[2] ?? "").matchAll(label)) labels[name] = value.replace(/\\(.)/g, (_, letter) => escapes[letter] ?? letter);
    if (!families.has(found[1])) families.set(found[1], []);
    families.get(found[1]).push({labels, value: number(found[3])});
  }
  return families;
}

const fits = (labels, wanted) => Object.entries(wanted).every(([name, value]) => labels[name] === value);

/** The sum of a metric's samples that have these labels. */
export const total = (page, name, wanted = {}) =>
  (page.get(name) ?? []).reduce((sum, {labels, value}) => fits(labels, wanted) ? sum + value : sum, 0);

/** Sums by the values of one label. */
export function by(page, name, labelName, wanted = {}) {
  const sums = new Map();
  for (const {labels, value} of page.get(name) ?? []) {
    if (fits(labels, wanted)) sums.set(labels[labelName], (sums.get(labels[labelName]) ?? 0) + value);
  }
  return sums;
}

/** A histogram's cumulative counts by upper bound, all of its series together. */
export const buckets = (page, name, wanted = {}) =>
  [...by(page, `${name}_bucket`, "le", wanted)].map(([bound, count]) => [number(bound), count]).sort(([left], [right]) => left - right);

/** What a share of the observations between two pages did not exceed, by linear interpolation inside a bucket; null without any. */
export function quantile(share, before, after) {
  const known = new Map(before);
  const grown = after.map(([bound, count]) => [bound, count - (known.get(bound) ?? 0)]);
  const count = grown.at(-1)?.[1] ?? 0;
  if (count <= 0) return null;
  const rank = share * count;
  let lower = 0, below = 0;
  for (const [bound, cumulative] of grown) {
    if (cumulative >= rank) {
      if (bound === Infinity) return lower;
      return lower + (bound - lower) * (rank - below) / Math.max(cumulative - below, 1e-9);
    }
    [lower, below] = [bound, cumulative];
  }
  return lower;
}
