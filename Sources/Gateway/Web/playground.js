// The playground: chooses a route, holds one session at a time, and shows all there is to it.

import {explain} from "./closes.js";
import {byId, element, milliseconds} from "./elements.js";
import {Journal, Transcript} from "./journal.js";
import {Meter} from "./meter.js";
import {Player} from "./player.js";
import {caution, description, fetchRoutes, mint, placeOf, refusal, usualRest} from "./route.js";
import {decode, isRaw} from "./samples.js";
import {Session} from "./session.js";
import {Microphone, Speech} from "./sources.js";

const states = {
  idle: ["idle", "idle"], starting: ["starting", "busy"], connecting: ["connecting", "busy"], authenticating: ["authenticating", "busy"],
  preparing: ["waiting until ready", "busy"], talking: ["in session", "good"], finishing: ["finishing", "busy"], closed: ["closed", "idle"],
};
const journal = new Journal(byId("events"), byId("count"));
const transcript = new Transcript(byId("words"));
const meters = {in: new Meter(byId("in"), byId("in-level"), "--up"), out: new Meter(byId("out"), byId("out-level"), "--down")};
let routes = [], session = null, player = null, sent = 0;

const route = () => routes[byId("route").selectedIndex];

function enter(state) {
  const [text, kind] = states[state];
  Object.assign(byId("state"), {textContent: text}).dataset.state = kind;
  document.body.dataset.session = state;
  const isFree = state === "idle" || state === "closed";
  const isFatal = route() ? caution(route(), byId("rest").value)?.isFatal : true;
  for (const id of ["speak", "sample", "connect"]) byId(id).disabled = !isFree || isFatal;
  for (const id of ["route", "rest", "token", "mint", "query"]) byId(id).disabled = !isFree;
  byId("stop").disabled = isFree || state === "starting" || state === "finishing";
}

// Before a session

function choose() {
  const {authentication, missing, plan, rest, simulated, url} = route();
  byId("about").textContent = description(route()) + (simulated ? " · played by the simulator, as its key is not set" : "");
  byId("rest").value = usualRest(route()) ?? "";
  byId("rest-field").hidden = rest === null;
  byId("rest-label").textContent = `Path behind ${url}`;
  byId("credential").hidden = !authentication.needed;
  byId("mint").hidden = !authentication.mints;
  byId("token").value = "";
  tellToken();
  byId("query-field").open = missing !== null;
  const fixed = (plan?.query ?? []).map(pair => pair.join("=")).join("&");
  byId("query-note").textContent = fixed ? `Without your say it is ${fixed}.` : "";
  const isText = plan !== null && !plan?.input;
  for (const id of ["speak", "sample"]) byId(id).hidden = isText;
  byId("connect").hidden = !isText;
  byId("say").hidden = !plan?.say.length;
  // A simulator takes anything for a voice.
  byId("wishes").replaceChildren(...(plan?.wishes ?? []).map(name => element("label", {textContent: name.replaceAll("_", " ")},
    element("input", {name, value: simulated ? name : "", autocomplete: "off", spellcheck: false}))));
  history.replaceState(null, "", `#${route().path}`);
  warn();
}

function warn() {
  const warning = caution(route(), byId("rest").value);
  byId("caution").hidden = !warning;
  byId("caution").textContent = warning?.text ?? "";
  enter("idle");
}

const wishes = () => Object.fromEntries([...byId("wishes").querySelectorAll("input")].map(({name, value}) => [name, value.trim()]));

function tellToken() {
  const places = {message: "an authenticate message", subprotocol: "a subprotocol", query: "?token="};
  const {methods} = route().authentication;
  const place = placeOf(route(), byId("token").value.trim());
  byId("token-note").textContent = `Methods: ${methods.join(", ")}.${place ? ` It goes along as ${places[place]}.` : ""}`;
}

async function mintToken() {
  try {
    byId("token").value = await mint(route());
    tellToken();
  } catch (error) {
    byId("token-note").textContent = error.message;
  }
}

// During a session

async function start(source) {
  enter("starting");
  journal.clear();
  transcript.clear();
  byId("end").hidden = true;
  sent = 0;
  player ??= new Player();
  player.stop();
  Object.assign(player, {seconds: 0, gaps: 0, muted: byId("mute").checked});
  const chosen = route();
  try {
    await player.resume();
    if (source) await source.prepare(chosen.plan.input.format.rate);
  } catch (error) {
    source?.stop();
    journal.note(error.message, "bad");
    return show({title: "Not started", text: error.message, advice: "", isGood: false});
  }
  const text = name => byId(name).value.trim();
  const options = {token: text("token"), rest: text("rest"), query: text("query").replace(/^\?/, ""), wishes: wishes(), source};
  session = new Session(chosen, options, watcher(chosen));
  enter("connecting");
}

const watcher = chosen => ({
  state: state => {
    if (state === "talking") journal.note("ready");
    enter(state);
  },
  sent: ({name, message, audio, seconds}) => audio ? journal.audio("up", name, audio, seconds) : journal.add("up", name, message),
  speaking: samples => {
    meters.in.push(samples);
    sent += samples.length / chosen.plan.input.format.rate;
  },
  heard: (heard, format) => {
    const bytes = heard.audio.reduce((sum, piece) => sum + piece.length, 0);
    const seconds = heard.audio.reduce((sum, piece) => sum + sound(piece, format), 0);
    if (bytes) journal.audio("down", heard.name, bytes, seconds);
    else journal.add("down", heard.name, heard.message ?? `${heard.size} bytes`, heard.failure ? "failure" : "");
    if (heard.words) transcript.say(heard.words);
  },
  closed: async close => {
    const wasReady = session.clock.figures.ready !== null;
    const reason = wasReady ? null : await refusal(chosen);
    const words = await explain({...close, wasReady, refusal: reason, codes: chosen.plan.errors.codes});
    journal.note(words.title, words.isGood ? "note" : "bad");
    show(words);
  },
});

/** Plays a piece of returned audio; its length in seconds. */
function sound(bytes, format) {
  if (isRaw(format)) {
    const samples = decode(bytes, format);
    player.play(samples, format.rate);
    if (player.isSilent) meters.out.push(samples);
    return samples.length / format.rate;
  }
  player.playFile(bytes).catch(() => {
    const name = format?.encoding ?? "audio of an unknown format";
    const text = route().simulated ? `The simulator makes no ${name}: what it sent cannot be played.` : `The browser cannot play ${name} in pieces.`;
    if (!session.isMute) journal.note(text, "bad");
    session.isMute = true;
  });
  return 0;
}

function show({title, text, advice, isGood}) {
  byId("end").hidden = false;
  byId("end").classList.toggle("good", isGood);
  byId("end-title").textContent = title;
  byId("end-text").textContent = text;
  byId("end-advice").textContent = advice;
  enter("closed");
}

/** Twenty times a second: levels and figures. */
function tick() {
  const now = performance.now();
  if (player && !player.isSilent) meters.out.push(player.samples);
  for (const meter of Object.values(meters)) meter.tick(now);
  const figures = session?.clock.figures ?? {};
  byId("opened").textContent = milliseconds(figures.opened);
  byId("ready").textContent = milliseconds(figures.ready);
  byId("transcript-time").textContent = milliseconds(figures.transcript);
  byId("audio-time").textContent = milliseconds(figures.audio);
  byId("sent-time").textContent = session ? `${sent.toFixed(1)} s` : "–";
  byId("heard-time").textContent = player?.seconds ? `${player.seconds.toFixed(1)} s` : "–";
}

// The page

byId("speak").onclick = () => start(new Microphone());
byId("sample").onclick = () => start(new Speech());
byId("connect").onclick = () => start(null);
byId("stop").onclick = () => {
  player.stop();
  session.finish();
};
byId("mute").onchange = () => { if (player) player.muted = byId("mute").checked; };
byId("mint").onclick = mintToken;
byId("clear").onclick = () => journal.clear();
byId("route").onchange = choose;
byId("rest").oninput = warn;
byId("token").oninput = tellToken;
byId("call").onsubmit = event => event.preventDefault();
byId("say").onsubmit = event => {
  event.preventDefault();
  if (session?.state === "talking") session.say({...wishes(), text: byId("text").value});
};
setInterval(tick, 50);

try {
  routes = await fetchRoutes();
  const name = ({path, upstream, simulated}) => `${path} → ${upstream}${simulated ? " (simulated)" : ""}`;
  byId("route").replaceChildren(...routes.map(route => element("option", {textContent: name(route)})));
  byId("route").selectedIndex = Math.max(0, routes.findIndex(({path}) => `#${path}` === decodeURIComponent(location.hash)));
  choose();
} catch (error) {
  byId("caution").hidden = false;
  byId("caution").textContent = error.message;
}
