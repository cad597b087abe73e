// Where a session's audio comes from: the microphone, or the sample speech. Both give mono samples at the rate that is asked for.

import {Resampler} from "./resampler.js";

/** The sample speech at the pace of speech, then silence until it is stopped. */
export class Speech {
  constructor() {
    this.url = new URL("sample.mp3", import.meta.url);
  }

  /** Fetches and decodes; a browser converts the rate by itself. */
  async prepare(rate) {
    const answer = await fetch(this.url);
    if (!answer.ok) throw new Error(`The sample speech cannot be loaded: HTTP ${answer.status}.`);
    const buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(await answer.arrayBuffer());
    this.samples = buffer.getChannelData(0);
    this.rate = rate;
  }

  start(give, over) {
    const began = performance.now();
    let at = 0;
    const piece = Math.round(this.rate / 50);
    this.timer = setInterval(() => {
      // A page in the background is woken seldom: what is due by then follows at once.
      const due = (performance.now() - began) / 1000 * this.rate;
      while (at < due) {
        const samples = new Float32Array(piece);
        samples.set(this.samples.subarray(at, at + piece));
        const isLast = at < this.samples.length && at + piece >= this.samples.length;
        at += piece;
        give(samples);
        if (isLast) over();
      }
    }, 20);
  }

  stop() {
    clearInterval(this.timer);
  }
}

/** The microphone, until it is stopped. */
export class Microphone {
  async prepare(rate) {
    if (!navigator.mediaDevices) throw new Error("Browsers give pages the microphone on https:// and on http://localhost only.");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: {channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true},
      });
    } catch (error) {
      const words = {NotAllowedError: "The microphone was not allowed.", NotFoundError: "There is no microphone."};
      throw new Error(words[error.name] ?? `The microphone cannot be used: ${error.message}`);
    }
    this.context = new AudioContext();
    await this.context.audioWorklet.addModule(new URL("capture.js", import.meta.url));
    this.resampler = new Resampler(this.context.sampleRate, rate);
    await Promise.race([this.context.resume(), new Promise(done => setTimeout(done, 2000))]);
    if (this.context.state !== "running") throw new Error("The browser has no sound device to listen with.");
  }

  start(give) {
    const node = new AudioWorkletNode(this.context, "capture", {numberOfOutputs: 0});
    node.port.onmessage = ({data}) => give(this.resampler.process(data));
    this.context.createMediaStreamSource(this.stream).connect(node);
  }

  stop() {
    this.stream?.getTracks().forEach(track => track.stop());
    if (this.context && this.context.state !== "closed") this.context.close();
  }
}
