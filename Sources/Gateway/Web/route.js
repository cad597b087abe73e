// The routes that the gateway has, and how a page gets into one.

import {canEncode} from "./samples.js";

/** A member of `Sec-WebSocket-Protocol` can hold only these (RFC 9110 section 5.6.2). */
const tokenText = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

export async function fetchRoutes() {
  const answer = await fetch(`/playground/routes?origin=${encodeURIComponent(location.origin)}`);
  if (!answer.ok) throw new Error(`The gateway does not list its routes: HTTP ${answer.status}.`);
  return (await answer.json()).routes;
}

/** A token that the gateway makes, in development. */
export async function mint(route) {
  const answer = await fetch("/playground/token", {method: "POST", body: JSON.stringify({route: route.path})});
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(body?.error?.message ?? `No token: HTTP ${answer.status}.`);
  return body.token;
}

/** Why the gateway refused the page's last socket on a route; null where it did not. */
export async function refusal(route) {
  const answer = await fetch(`/playground/refusal?route=${encodeURIComponent(route.path)}`).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

/** Where a token goes: into the `authenticate` message, a subprotocol or the query. */
export function placeOf(route, token) {
  const {places} = route.authentication;
  if (!token) return null;
  if (route.handshake.authenticate !== "off" && places.includes("message")) return "message";
  if (places.includes("subprotocol") && tokenText.test(token)) return "subprotocol";
  return "query";
}

/** What has to follow a route that ends in `/*`, to be begun with: a simulator takes anything for what a vendor would have to know. */
export const usualRest = ({rest, simulated}) => simulated ? rest?.replace(/[{}]/g, "") : rest;

/** What to open. The page's own parameters replace those of the plan. */
export function address(route, token, rest, query) {
  const url = new URL((route.url + rest).replace(/^\/+/, "/"), location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const own = new URLSearchParams(query);
  for (const [name, value] of route.plan.query) {
    if (!own.has(name) && !url.searchParams.getAll(name).includes(value)) url.searchParams.append(name, value);
  }
  for (const [name, value] of own) url.searchParams.append(name, value);
  const place = placeOf(route, token);
  if (place === "query") url.searchParams.set("token", token);
  return {url: url.href, protocols: place === "subprotocol" ? ["bearer", token] : []};
}

const kinds = {speech_to_text: "speech to text", text_to_speech: "text to speech", speech_to_speech: "speech to speech"};

const described = format => format ? `${format.encoding.replace("_", " ")} at ${format.rate / 1000} kHz` : null;

/** What is behind a route, in words. */
export function description(route) {
  const parts = [route.title];
  if (route.kind) parts.push(kinds[route.kind]);
  const {plan} = route;
  if (plan?.input) parts.push(`takes ${described(plan.input.format)}${plan.input.envelope ? " in JSON" : ""}`);
  if (plan?.output) parts.push(`gives ${described(plan.output.format) ?? "audio"}`);
  return parts.join(" · ");
}

/** What keeps a route from being tried from here, or is worth knowing before: `{text, isFatal}`, or null. `rest` is what follows its path. */
export function caution(route, rest) {
  const fatal = text => ({text, isFatal: true});
  if (route.problem) return fatal(`The playground cannot speak here: ${route.problem}.`);
  if (route.plan.input && !canEncode(route.plan.input.format)) {
    return fatal(`The playground cannot make ${route.plan.input.format.encoding} audio.`);
  }
  if (!route.enabled) return fatal("The route is switched off.");
  if (!route.page_allowed) {
    return fatal(`The route's origins do not have ${location.origin}: open the playground where they do, or add it to them.`);
  }
  const open = rest.match(/\{\w+\}/)?.[0];
  if (open) return fatal(`The vendor's path needs a value in the place of ${open}.`);
  if (route.missing) return {text: `The upstream wants more than the route says: ${route.missing}. Add it under Query.`, isFatal: false};
  return null;
}
