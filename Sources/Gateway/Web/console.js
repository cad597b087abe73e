// Speaks with the operator's address.

const key = "voxgate-admin-token";

/** The address wants a token, or another one. */
export class TokenNeeded extends Error {}

export const hasToken = () => sessionStorage.getItem(key) !== null;

/** Kept until the tab is closed. */
export const useToken = token => token ? sessionStorage.setItem(key, token) : sessionStorage.removeItem(key);

async function ask(path, options = {}) {
  const token = sessionStorage.getItem(key);
  const headers = token ? {Authorization: `Bearer ${token}`} : {};
  const answer = await fetch(path, {cache: "no-store", ...options, headers});
  if (answer.status === 401) throw new TokenNeeded();
  return answer;
}

/** The metrics page. */
export async function metrics() {
  const answer = await ask("/metrics");
  if (!answer.ok) throw new Error(`/metrics: HTTP ${answer.status}`);
  return answer.text();
}

/** A JSON page; null where this gateway has none, or it cannot be had now. */
export async function page(path) {
  const answer = await ask(path);
  return answer.ok ? answer.json().catch(() => null) : null;
}

async function change(path, options, done) {
  const answer = await ask(path, options);
  if (answer.ok) return done;
  const body = await answer.text();
  throw new Error(`${options.method} ${path}: HTTP ${answer.status} ${body.slice(0, 200).trim()}`);
}

const inPath = route => route.split("/").map(encodeURIComponent).join("/");

export const closeSession = id =>
  change(`/sessions/${encodeURIComponent(id)}`, {method: "DELETE"}, `Session ${id} is being closed.`);

/** Switches a route, or with null the whole gateway. */
export const turn = (route, isOn) => change(
  route === null ? "/enabled" : `/routes${inPath(route)}/enabled`, {method: "PUT", body: String(isOn)},
  `${route ?? "The gateway"} is ${isOn ? "on" : "off"}.`);
