// What went over the socket, as a list, and the words that were spoken.

import {element} from "./elements.js";

/** Entries that are kept; older ones go. */
const most = 300;

/** Characters of a message that are shown. */
const longest = 20_000;

/** Strings longer than this are shown by their length: base64 audio. */
const longString = 400;

const pretty = message => typeof message === "string" ? message : JSON.stringify(
  message, (_, value) => typeof value === "string" && value.length > longString ? `… ${value.length} characters …` : value, 2);

export class Journal {
  constructor(list, count) {
    Object.assign(this, {list, count});
    this.clear();
  }

  clear() {
    this.list.replaceChildren();
    this.began = performance.now();
    this.total = 0;
    this.run = null;
  }

  /** An entry with the whole message to unfold. */
  add(direction, name, message, kind = "") {
    this.run = null;
    const head = [this.time(), element("span", {className: "way", textContent: direction === "up" ? "↑ sent" : "↓ got"}), this.name(name)];
    const body = message == null ? null : pretty(message).slice(0, longest);
    const entry = element("li", {className: `${direction} ${kind}`});
    if (body === null) entry.append(element("div", {className: "line"}, ...head));
    else {
      const details = element("details", {}, element("summary", {className: "line"}, ...head));
      // The text is made when somebody looks.
      details.addEventListener("toggle", () => {
        if (!details.querySelector("pre")) details.append(element("pre", {textContent: body, tabIndex: 0}));
      });
      entry.append(details);
    }
    this.append(entry);
  }

  /** Audio: one entry for a run of messages of one direction. */
  audio(direction, name, bytes, seconds) {
    if (this.run?.direction !== direction) {
      const text = element("span", {className: "size"});
      const way = element("span", {className: "way", textContent: direction === "up" ? "↑ sent" : "↓ got"});
      this.append(element("li", {className: `${direction} audio`}, element("div", {className: "line"}, this.time(), way, this.name(name), text)));
      this.run = {direction, text, messages: 0, bytes: 0, seconds: 0};
    }
    this.run.messages += 1;
    this.run.bytes += bytes;
    this.run.seconds += seconds ?? 0;
    const {messages, bytes: all, seconds: length} = this.run;
    this.run.text.textContent = `${messages} × audio, ${(all / 1000).toFixed(1)} kB${length ? `, ${length.toFixed(1)} s` : ""}`;
  }

  /** Something that is no message: a state, an end. */
  note(text, kind = "note") {
    this.run = null;
    this.append(element("li", {className: kind}, element("div", {className: "line"}, this.time(), element("span", {textContent: text}))));
  }

  time() {
    return element("time", {textContent: `${((performance.now() - this.began) / 1000).toFixed(2)} s`});
  }

  name(name) {
    return element("code", {textContent: String(name).slice(0, 120)});
  }

  append(entry) {
    const isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    this.list.append(entry);
    this.total += 1;
    while (this.list.children.length > most) this.list.firstChild.remove();
    this.count.textContent = this.total > most ? `the last ${most} of ${this.total}` : `${this.total}`;
    if (isAtEnd) this.list.scrollTop = this.list.scrollHeight;
  }
}

/** Who said what: an utterance grows until it is final. */
export class Transcript {
  constructor(list) {
    this.list = list;
    this.clear();
  }

  clear() {
    this.list.replaceChildren();
    this.open = {};
  }

  say({speaker, text, isFinal}) {
    let line = this.open[speaker];
    if (!line) {
      line = element("p", {className: speaker}, element("b", {textContent: speaker === "client" ? "You" : "Vendor"}), element("span"));
      this.list.append(line);
      this.open[speaker] = line;
    }
    line.lastChild.textContent = text;
    line.classList.toggle("interim", !isFinal);
    if (isFinal) this.open[speaker] = null;
    this.list.scrollTop = this.list.scrollHeight;
  }
}
