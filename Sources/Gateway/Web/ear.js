// Tells what a vendor's messages are, by its plan.

import {matches, valueAt, valuesAt} from "./message.js";
import {fromBase64} from "./samples.js";

const written = value => value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value);

export class Ear {
  constructor(plan) {
    this.plan = plan;
    this.format = plan.output?.format ?? null;
    this.utterances = {client: "", vendor: ""};
  }

  /** What a message says: its name, the JSON or nothing, audio as bytes, words, the end of a turn, a failure. */
  hear(data) {
    if (typeof data !== "string") {
      const bytes = new Uint8Array(data);
      if (this.plan.output?.any_opcode) return this.hear(new TextDecoder().decode(bytes));
      if (!this.plan.output?.ways.some(way => way.binary)) return this.unknown(bytes);
      return {name: "audio", message: null, size: bytes.length, audio: [bytes]};
    }
    const isJSON = this.plan.output?.json ?? true;
    let message = null;
    try {
      message = isJSON ? JSON.parse(data) : {text: data};
    } catch {
      // What is no JSON is shown as it is.
    }
    if (message === null || typeof message !== "object") return {name: "text", message: data, size: data.length, audio: []};
    return this.understand(message, data.length);
  }

  /** The same of what is JSON. */
  understand(message, size) {
    return {name: this.name(message), message, size, ...this.content(message)};
  }

  /** The same of bytes that tell nothing. */
  unknown(bytes) {
    return {name: "binary message", message: null, size: bytes.length, audio: []};
  }

  name(message) {
    for (const rule of this.plan.names) {
      if (rule.path) {
        const value = valueAt(rule.path, message);
        if (value != null) return written(value);
      } else {
        const key = rule.keys.find(([, path]) => valuesAt(path, message).length);
        if (key) return key[0];
      }
    }
    return Object.keys(message)[0] ?? "empty message";
  }

  content(message) {
    this.adopt(message);
    const failure = this.plan.errors.messages.find(rule => matches(rule.match, message));
    if (failure) {
      const text = written(valueAt(failure.message, message)) ?? JSON.stringify(message);
      return {audio: [], failure: {code: written(valueAt(failure.code, message)), text, isFatal: failure.fatal}};
    }
    return {audio: this.audio(message), words: this.words(message), turnEnded: this.plan.turn_end.some(match => matches(match, message))};
  }

  /** A vendor that says what its audio is has its way. */
  adopt(message) {
    const rule = this.plan.output?.announced;
    if (!rule || !matches(rule.match, message)) return;
    const encoding = valueAt(rule.encoding, message);
    const format = rule.formats[encoding] ?? (encoding === undefined ? this.format : null);
    const rate = valueAt(rule.rate, message);
    if (format) this.format = rate ? {...format, rate} : format;
  }

  audio(message) {
    const way = this.plan.output?.ways.find(way => way.match && matches(way.match, message));
    if (!way) return [];
    return valuesAt(way.path, message).map(text => typeof text === "string" ? fromBase64(text) : null).filter(bytes => bytes?.length);
  }

  words(message) {
    const rule = this.plan.words.find(rule => matches(rule.match, message));
    const text = rule && valueAt(rule.path, message);
    if (typeof text !== "string") return null;
    const whole = rule.form === "addition" ? this.utterances[rule.speaker] + text : text;
    if (rule.form !== "interim") this.utterances[rule.speaker] = rule.form === "addition" ? whole : "";
    return whole ? {speaker: rule.speaker, text: whole, isFinal: rule.form === "final"} : null;
  }
}
