// Makes and finds elements. What comes from outside goes in as text, never as markup.

export const byId = id => document.getElementById(id);

/** An element with attributes, properties (`textContent`, `hidden`, `onclick`, ...) and children. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Milliseconds for people. */
export const milliseconds = value => value == null ? "–" : value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;

/** A number with a prefix for its size: 1.5 k, 20 M; of seconds only milliseconds are usual. */
export function short(value, unit = "") {
  const steps = unit === "s" ? [[1, ""], [1e-3, "m"]] : [[1e9, "G"], [1e6, "M"], [1e3, "k"]];
  const [size, prefix] = steps.find(([size]) => Math.abs(value) >= size) ?? (value && unit === "s" ? steps[1] : [1, ""]);
  const scaled = value / size;
  const digits = Math.abs(scaled) < 100 ? Number(scaled.toPrecision(2 + (Math.abs(scaled) < 10))) : Math.round(scaled);
  return `${digits}${prefix || unit ? ` ${prefix}${unit}` : ""}`;
}

/** The value of a colour or length that the style sheet names. */
export const styled = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
