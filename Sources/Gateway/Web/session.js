// One session on a route: opens, declares, waits for readiness, sends audio, and ends it as the vendor wants.

import {Ear} from "./ear.js";
import {framingOf} from "./framing.js";
import {copied, fill, matches, Memory, put, render} from "./message.js";
import {encode, toBase64, wavHeader} from "./samples.js";
import {address, placeOf} from "./route.js";
import {Stopwatch} from "./stopwatch.js";

/** Milliseconds: for a turn's end, for the vendor's last message, for stragglers, and for an answer where no turn's end is told. */
const patience = {turn: 15_000, flushed: 3_000, drain: 5_000, settle: 800, answer: 3_000};

const types = {authenticate: "authenticate", accepted: "auth_success"};

/** Tells its `watcher` what happens: `state`, `sent`, `heard`, `speaking` and `closed`. */
export class Session {
  constructor(route, {token, rest, query, wishes, source}, watcher) {
    Object.assign(this, {route, plan: route.plan, token, wishes, source, watcher});
    this.framing = framingOf(this.plan);
    this.ear = new Ear(this.plan);
    this.memory = new Memory(this.plan.memory);
    this.clock = new Stopwatch(performance.now());
    this.state = "connecting";
    this.stage = 0;
    this.pending = new Float32Array(0);
    this.pieces = 0;
    // What comes, in its order: some framings take a moment to be opened.
    this.inbox = Promise.resolve();
    const {url, protocols} = address(route, token, rest, query);
    this.socket = new WebSocket(url, protocols);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.opened();
    this.socket.onmessage = ({data}) => this.receive(data);
    this.socket.onclose = event => this.inbox.then(() => this.closed(event));
  }

  enter(state) {
    this.state = state;
    this.watcher.state(state);
  }

  // Opening

  opened() {
    this.isOpen = true;
    this.clock.reached("opened", performance.now());
    if (placeOf(this.route, this.token) !== "message") return this.begin();
    this.enter("authenticating");
    // The token itself is not for the list of messages.
    this.socket.send(JSON.stringify({type: types.authenticate, token: this.token}));
    this.watcher.sent({name: types.authenticate, message: {type: types.authenticate, token: "…"}});
  }

  begin() {
    this.enter("preparing");
    const {connect} = this.route.handshake;
    if (connect) this.sendText(JSON.stringify({type: connect}));
    for (const text of this.plan.opening) this.sendText(fill(text, this.wishes));
    if (!this.plan.ready.length) this.ready();
  }

  ready() {
    this.clock.reached("ready", performance.now());
    this.enter("talking");
    const {message, every} = this.plan.keepalive;
    if (message && every) this.keepalive = setInterval(() => this.keepAlive(), every);
    if (this.plan.input) this.source?.start(samples => this.give(samples), () => this.spoken());
  }

  keepAlive() {
    const rules = this.plan.keepalive;
    if (rules.needs_audio && !this.pieces || rules.only_when_idle && performance.now() - this.lastSent < rules.every) return;
    this.sendKnown(rules.message);
  }

  // Messages of the page

  sendText(text) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    let message = text;
    try {
      message = JSON.parse(text);
      this.memory.note("client", message);
    } catch {
      // Some vendors' messages are plain words.
    }
    this.socket.send(this.framing ? this.framing.close(message) : text);
    this.watcher.sent({name: typeof message === "object" ? this.ear.name(message) : "text", message});
  }

  /** A message with what is known by now; not at all while something in it is not. */
  sendKnown(template) {
    const text = this.memory.text(template);
    if (text !== null) this.sendText(text);
  }

  /** Has the vendor say a text, with what was chosen beside it. */
  say(values) {
    for (const template of this.plan.say) this.sendText(render(template, name => values[name]));
  }

  /** Takes samples of any number, and sends pieces of one length. */
  give(samples) {
    if (this.state !== "talking") return;
    const {frames} = this.plan.input;
    const all = new Float32Array(this.pending.length + samples.length);
    all.set(this.pending);
    all.set(samples, this.pending.length);
    let at = 0;
    for (; at + frames <= all.length; at += frames) this.sendAudio(all.subarray(at, at + frames));
    this.pending = all.slice(at);
    this.watcher.speaking(samples);
  }

  sendAudio(samples) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const {format, envelope} = this.plan.input;
    let bytes = encode(samples, format);
    if (format.encoding === "container" && !this.pieces) bytes = Uint8Array.from([...wavHeader(format.rate), ...bytes]);
    if (envelope) {
      const message = put(envelope.message, envelope.path, toBase64(bytes));
      this.memory.note("client", message);
      this.socket.send(this.framing ? this.framing.close(message) : JSON.stringify(message));
    } else {
      this.memory.noteBinary();
      this.socket.send(bytes);
    }
    this.pieces += 1;
    this.lastSent = performance.now();
    this.clock.sent(samples, this.lastSent);
    this.watcher.sent({name: envelope ? this.ear.name(envelope.message) : "audio", audio: bytes.length, seconds: samples.length / format.rate});
  }

  // Messages of the vendor

  receive(data) {
    const now = performance.now();
    if (!this.framing) return this.take(this.ear.hear(data), now);
    this.inbox = this.inbox.then(async () => {
      const bytes = typeof data === "string" ? data : new Uint8Array(data);
      // What cannot be opened is shown by its size.
      const message = await Promise.resolve(bytes).then(this.framing.open).catch(() => null);
      this.take(message ? this.ear.understand(message, bytes.length) : this.ear.unknown(bytes), now);
    });
  }

  take(heard, now) {
    if (heard.audio.length) this.clock.heardAudio(now);
    if (heard.words?.speaker === "client") this.clock.heardWords(now);
    this.watcher.heard(heard, this.ear.format);
    const {message} = heard;
    if (message !== null && typeof message === "object") this.follow(message);
    if (heard.turnEnded && this.isSpoken && this.state === "talking") this.finishIn(patience.settle);
  }

  follow(message) {
    this.memory.note("vendor", message);
    if (this.state === "authenticating" && message.type === types.accepted) return this.begin();
    for (const {match, send} of this.plan.keepalive.replies) {
      if (matches(match, message)) this.sendText(render(send, copied(message)));
    }
    if (this.state === "preparing") {
      if (matches(this.plan.ready[this.stage], message)) this.stage += 1;
      if (this.stage === this.plan.ready.length) this.ready();
    } else if (this.state === "finishing" && this.plan.close.await && matches(this.plan.close.await, message)) {
      this.leaveIn(patience.settle);
    }
  }

  // The end

  /** The recording is over: the answer is awaited, in silence. */
  spoken() {
    this.isSpoken = true;
    const {turn_end: ends, close} = this.plan;
    this.finishIn(!ends.length ? patience.answer : close.message ? patience.flushed : patience.turn);
  }

  finishIn(time) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.finish(), time);
  }

  leaveIn(time) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.socket.close(1000), time);
  }

  /** Ends the session so that nothing is lost. */
  finish() {
    if (this.state === "finishing" || this.state === "closed") return;
    const isReady = this.state === "talking";
    this.enter("finishing");
    this.source?.stop();
    const {message, await: last, drain} = this.plan.close;
    if (!isReady || !message) return this.socket.close(1000);
    this.sendKnown(message);
    this.leaveIn(last ? drain ?? patience.drain : patience.settle);
  }

  closed({code, reason}) {
    const wasStopped = this.state === "finishing" && !this.isOpen;
    clearTimeout(this.timer);
    clearInterval(this.keepalive);
    this.source?.stop();
    this.enter("closed");
    this.watcher.closed({code, reason, wasStopped, wasOpen: this.isOpen === true});
  }
}
