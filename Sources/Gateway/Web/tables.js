// The tables of the dashboard, made anew from what was read.

import {element, short} from "./elements.js";

/** Fills a table's body; rows that say the same stay as they are, so that a button can be pressed between two readings. */
function fill(table, rows, empty) {
  const body = table.tBodies[0];
  const text = JSON.stringify(rows.map(({cells, button}) => [cells, button?.text]));
  if (table.dataset.text === text) return;
  table.dataset.text = text;
  if (!rows.length) {
    const columns = table.tHead.rows[0].cells.length;
    body.replaceChildren(element("tr", {}, element("td", {colSpan: columns, className: "empty", textContent: empty})));
    return;
  }
  body.replaceChildren(...rows.map(({cells, button, kinds = {}}) => {
    const row = element("tr", {}, ...cells.map((cell, index) => element("td", {textContent: cell ?? "–", className: kinds[index] ?? ""})));
    if (button) row.append(element("td", {className: "action"}, pressable(button)));
    return row;
  }));
}

const pressable = ({text, label, press}) =>
  element("button", {type: "button", className: "small", textContent: text, ariaLabel: label, onclick: press});

export function showRoutes(table, page, sessions, press) {
  fill(table, (page?.routes ?? []).map(({path, upstream, enabled, off_by: by}) => ({
    cells: [path, upstream, sessions.get(path) ?? 0, enabled ? "on" : `off by ${(by.length ? by : page.off_by).join(", ")}`],
    kinds: {0: "mono", 2: "number", 3: enabled ? "good" : "bad"},
    button: by.includes("configuration") ? null : {
      text: by.includes("admin") ? "Switch on" : "Switch off", label: `${by.includes("admin") ? "Switch on" : "Switch off"} ${path}`,
      press: () => press(path, by.includes("admin")),
    },
  })), "No routes.");
}

const words = value => Array.isArray(value) ? value.map(words).join("; ")
  : value === null || typeof value !== "object" ? String(value)
  : Object.entries(value).map(([name, inner]) => `${name} ${words(inner)}`).join(", ");

/** What is said of a state only where it is not the usual one. */
const unusual = (state, usual, rest) => [state === usual ? "" : state, rest ? `for ${Math.ceil(rest)} s` : ""].filter(Boolean).join(" ");

const endpointWords = ({endpoint, state, failures, rest_seconds: rest}) =>
  [endpoint, unusual(state, "closed", rest), failures ? `${failures} failure${failures === 1 ? "" : "s"}` : ""].filter(Boolean).join(", ");

const credentialWords = ({source, state, sessions, concurrent, rest_seconds: rest, error}) =>
  [source, unusual(state, "ready", rest), `${sessions}${concurrent ? ` of ${concurrent}` : ""} session${sessions === 1 && !concurrent ? "" : "s"}`, error]
    .filter(Boolean).join(", ");

export function showUpstreams(table, page) {
  fill(table, (page?.upstreams ?? []).map(({name, vendor, simulated, state, endpoints, credentials}) => ({
    cells: [
      name, vendor, simulated ? `${state}, simulated` : state, (endpoints ?? []).map(endpointWords).join("; ") || "–",
      (credentials ?? []).map(one => credentialWords(simulated ? {...one, source: ""} : one)).join("; ") || "–",
    ],
    kinds: {2: state === "closed" ? "good" : "bad"},
  })), page ? "No upstreams." : "This gateway does not tell.");
}

export const age = seconds => seconds < 60 ? `${Math.floor(seconds)} s`
  : seconds < 3600 ? `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s` : `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;

export function showSessions(table, page, press) {
  fill(table, (page?.sessions ?? []).map(({session, route, upstream, subject, ip, seconds, ready_ms: ready}) => ({
    cells: [session, route, upstream, subject, ip, age(seconds), ready == null ? "–" : `${short(ready)} ms`],
    kinds: {0: "mono id", 1: "mono", 4: "mono", 5: "number", 6: "number"},
    button: {text: "Close", label: `Close session ${session}`, press: () => press(session)},
  })), page ? "No sessions." : "This gateway does not tell.");
}

const aside = new Set(["time", "event", "session", "level", "message", "trace"]);

export function showEvents(table, page) {
  fill(table, (page?.events ?? []).map(event => {
    const rest = Object.entries(event).filter(([name, value]) => !aside.has(name) && value !== "").map(([name, value]) => `${name} ${words(value)}`).join(", ");
    const time = new Date(event.time);
    const isBad = /BLOCKED|FAILED|TIMEOUT|ERROR|EXCEEDED|REFUSED|UNREACHABLE/.test(event.event);
    return {
      cells: [isNaN(time) ? event.time : time.toLocaleTimeString([], {hour12: false}), event.event, rest, event.session],
      kinds: {0: "mono", 1: isBad ? "mono bad" : "mono", 3: "mono id"},
    };
  }), page ? "No events." : "This gateway does not tell.");
}
