// Measures a session as `voxgate call` does, with speech found by its loudness. Times are milliseconds.

import {level} from "./samples.js";

/** About -40 dBFS: quieter pieces are pauses. */
const loud = 0.01;

/** A pause of this length ends a stretch of speech. */
const pause = 200;

export class Stopwatch {
  constructor(now) {
    this.began = now;
    this.figures = {opened: null, ready: null, transcript: null, audio: null};
    this.speech = null;
  }

  /** The socket is open, or the vendor is ready, since the click. */
  reached(name, now) {
    this.figures[name] ??= now - this.began;
  }

  /** A piece of audio goes out. */
  sent(samples, now) {
    if (level(samples).rms < loud) return;
    this.speech ??= {first: now, last: now};
    this.speech.last = now;
  }

  /** Words of the caller's came back: since speech began. */
  heardWords(now) {
    if (this.speech) this.figures.transcript ??= now - this.speech.first;
  }

  /** Audio came back: since speech ended. What comes before, or meanwhile, answers something else. */
  heardAudio(now) {
    if (this.speech && now - this.speech.last >= pause) this.figures.audio ??= now - this.speech.last;
  }
}
