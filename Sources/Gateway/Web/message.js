// Messages as a vendor's plan describes them: paths, matches, templates, and what has to be repeated.

/** Every value that a path leads to; a path is a list of members, numbers and "*". */
export function valuesAt(path, message) {
  return path.reduce((values, step) => values.flatMap(value => {
    if (value === null || typeof value !== "object") return [];
    if (step === "*") return Array.isArray(value) ? value : [];
    return Object.hasOwn(value, step) ? [value[step]] : [];
  }), [message]);
}

export const valueAt = (path, message) => path ? valuesAt(path, message)[0] : undefined;

const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);

const tests = {
  equals: (value, wanted) => value === undefined ? wanted === null : same(value, wanted),
  not: (value, unwanted) => !tests.equals(value, unwanted),
  exists: (value, wanted) => (value !== undefined && value !== null) === wanted,
  nonzero: value => typeof value === "number" && value !== 0,
  prefix: (value, prefix) => typeof value === "string" && value.startsWith(prefix),
  one_of: (value, wanted) => wanted.some(one => same(value, one)),
};

/** Whether every condition of a match holds. */
export const matches = (match, message) => match.every(({path, test, value}) => tests[test](valueAt(path, message), value));

/** A copy of a message with a value where a path leads. */
export function put(message, path, value) {
  if (!path.length) return value;
  const [step, ...rest] = path;
  const key = step === "*" ? 0 : step;
  const copy = Array.isArray(message) ? [...message] : typeof key === "number" ? [] : {...message};
  copy[key] = put(copy[key] ?? null, rest, value);
  return copy;
}

const place = /\{([A-Za-z0-9_.-]+)\}/g;

/** The names in a template. */
function names(template) {
  const text = template.text ?? JSON.stringify(template.json);
  return [...text.matchAll(place)].map(found => found[1]);
}

/** A template's text, its places filled: one that is a whole string takes its value's own type. */
export function render(template, value) {
  const written = text => text.replace(place, (_, name) => {
    const found = value(name);
    return found == null ? "" : typeof found === "string" ? found : JSON.stringify(found);
  });
  const filled = json => {
    if (typeof json === "string") {
      const whole = json.match(/^\{([A-Za-z0-9_.-]+)\}$/);
      return whole ? value(whole[1]) ?? null : written(json);
    }
    if (Array.isArray(json)) return json.map(filled);
    if (json === null || typeof json !== "object") return json;
    return Object.fromEntries(Object.entries(json).map(([name, inner]) => [written(name), filled(inner)]));
  };
  return "text" in template ? written(template.text) : JSON.stringify(filled(template.json));
}

/** A message with the places filled that somebody chose: `{voice}`, in JSON or plain words. */
export const fill = (text, wishes) => Object.entries(wishes).reduce(
  (filled, [name, value]) => filled.replaceAll(`{${name}}`, () => JSON.stringify(value).slice(1, -1)), text);

/** A value of a message, for templates that copy fields: `{message.path.to.it}`. */
export const copied = message => name => name.startsWith("message.") ? valueAt(name.slice(8).split("."), message) : undefined;

/** What of a session's messages the vendor wants repeated in later ones. */
export class Memory {
  constructor(rules) {
    this.rules = Object.entries(rules);
    this.values = {binary_messages: 0};
  }

  note(side, message) {
    for (const [name, rule] of this.rules) {
      const value = rule.of === side ? valueAt(rule.path, message) : null;
      if (value != null) this.values[name] = value;
    }
  }

  noteBinary() {
    this.values.binary_messages += 1;
  }

  /** The text of a template; null while something in it is not known. */
  text(template) {
    return names(template).every(name => this.values[name] !== undefined) ? render(template, name => this.values[name]) : null;
  }
}
