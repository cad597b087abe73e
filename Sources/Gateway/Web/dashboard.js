// The dashboard: reads the operator's address once a second and draws what it says.

import {Chart} from "./charts.js";
import {closeSession, hasToken, metrics, page, TokenNeeded, turn, useToken} from "./console.js";
import {byId, element, short} from "./elements.js";
import {History, rareSpan} from "./history.js";
import {by, parse, total} from "./prometheus.js";
import {age, showEvents, showRoutes, showSessions, showUpstreams} from "./tables.js";

const colors = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"];
const history = new History();
let isOn = true;
const began = performance.now();

const line = (name, index, points) => ({name, color: colors[index % colors.length], points});

const byLabel = (history, metric, label, points) =>
  history.labels(metric, label).slice(0, colors.length).map((value, index) => line(value, index, points(value)));

/** Median and 95th percentile of a histogram. */
const latency = (history, metric, name, index) => [
  line(`${name} median`.trim(), index, history.latency(metric, 0.5)), line(`${name} 95 %`.trim(), index + 1, history.latency(metric, 0.95))];

/** Each way; nothing while the metric has no series. */
const flow = (history, metric) => [["to vendors", "up", 0], ["to clients", "down", 2]].filter(() => history.labels(metric, "direction").length)
  .map(([name, direction, index]) => line(name, index, history.rate(metric, {direction})));

/** What happens now and then. */
const rare = (history, metric, wanted) => history.rate(metric, wanted, rareSpan);

const closes = [["by clients", "downstream", 0], ["by vendors", "upstream", 2], ["by the gateway", "gateway", 1]];

const charts = [
  new Chart("Sessions open", "", history => byLabel(
    history, "voxgate_sessions_open", "route", route => history.gauge("voxgate_sessions_open", {route}))),
  new Chart("Opened and refused, a second", "", history => [
    line("opened", 0, rare(history, "voxgate_sessions_opened_total")), line("refused", 3, rare(history, "voxgate_refusals_total"))]),
  new Chart("Closed, a second", "", history => [
    ...closes.map(([name, by, index]) => line(name, index, rare(history, "voxgate_sessions_closed_total", {by}))),
    line("lost", 3, rare(history, "voxgate_sessions_closed_total", {cause: "lost"}))]),
  new Chart("Audio, seconds a second", "", history => flow(history, "voxgate_audio_seconds_total"),
    "No session yet whose route looks at audio."),
  new Chart("Bytes a second", "B", history => flow(history, "voxgate_bytes_total")),
  new Chart("Messages a second", "", history => flow(history, "voxgate_messages_total")),
  new Chart("To dial, and to ready", "s", history => [
    ...latency(history, "voxgate_upstream_dial_seconds", "dial", 0), ...latency(history, "voxgate_session_ready_seconds", "ready", 2)]),
  new Chart("To the first words, and to the first audio", "s", history => [
    ...latency(history, "voxgate_upstream_first_transcript_seconds", "words", 0),
    ...latency(history, "voxgate_upstream_first_audio_seconds", "audio", 2)]),
  new Chart("From the end of a turn to the answer", "s", history => latency(history, "voxgate_turn_latency_seconds", "", 0)),
];
byId("charts").append(...charts.map(chart => chart.node));

const now = () => (performance.now() - began) / 1000;

function showTiles() {
  const latest = history.latest;
  const last = points => points.at(-1)?.[1] ?? 0;
  const start = total(latest, "process_start_time_seconds");
  const tiles = {
    "sessions open": short(total(latest, "voxgate_sessions_open")),
    "opened": short(total(latest, "voxgate_sessions_opened_total")),
    "refused": short(total(latest, "voxgate_refusals_total")),
    "lost": short(total(latest, "voxgate_sessions_closed_total", {code: "none"})),
    "messages a second": short(last(history.rate("voxgate_messages_total")) || 0),
    "bytes a second": short(last(history.rate("voxgate_bytes_total")), "B"),
    ...(start ? {"up for": age(Date.now() / 1000 - start)} : {}),
    "version": [...by(latest, "voxgate_build_info", "version").keys()][0] ?? "–",
  };
  const node = byId("tiles");
  for (const [name, value] of Object.entries(tiles)) {
    let tile = node.querySelector(`[data-name="${name}"]`);
    if (!tile) {
      tile = element("div", {"data-name": name}, element("dt", {textContent: name}), element("dd"));
      node.append(tile);
    }
    tile.lastChild.textContent = value;
  }
}

const state = (text, kind) => Object.assign(byId("state"), {textContent: text}).dataset.state = kind;

function tell(text) {
  byId("notice").hidden = !text;
  byId("notice").textContent = text;
}

async function press(action) {
  try {
    tell(await action());
    await read();
  } catch (error) {
    tell(error.message || "The token was refused.");
  }
}

async function read() {
  const [text, routes, upstreams, sessions, events] = await Promise.all([
    metrics(), page("/routes"), page("/upstreams"), page("/sessions?limit=100"), page("/events?limit=50")]);
  history.add(parse(text), now());
  showTiles();
  showRoutes(byId("routes"), routes, by(history.latest, "voxgate_sessions_open", "route"), (path, isOn) => press(() => turn(path, isOn)));
  isOn = !routes?.off_by.includes("admin");
  Object.assign(byId("all"), {hidden: !routes, textContent: isOn ? "Switch all off" : "Switch all on"});
  showUpstreams(byId("upstreams"), upstreams);
  showSessions(byId("sessions"), sessions, id => press(() => closeSession(id)));
  byId("session-count").textContent = sessions ? `${sessions.sessions.length} of ${sessions.total}` : "";
  showEvents(byId("events"), events);
  const isDraining = total(history.latest, "voxgate_draining") > 0;
  if (isDraining) state("draining", "busy");
  else if (routes && !routes.enabled) state("switched off", "bad");
  else state("live", "good");
}

function askForToken() {
  if (hasToken()) byId("login-note").textContent = "The token was refused.";
  useToken(null);
  byId("login").hidden = false;
  byId("token").focus();
  state("token needed", "bad");
}

/** Reads again a second after the last answer, for as long as it may. */
async function watch() {
  try {
    await read();
    byId("login").hidden = true;
  } catch (error) {
    if (error instanceof TokenNeeded) return askForToken();
    state("not reached", "bad");
  }
  setTimeout(watch, 1000);
}

byId("all").onclick = () => press(() => turn(null, !isOn));

byId("login").onsubmit = event => {
  event.preventDefault();
  useToken(byId("token").value.trim());
  byId("token").value = "";
  watch();
};

function move() {
  if (history.latest) for (const chart of charts) chart.draw(history, now());
}

setInterval(move, 250);
watch();
