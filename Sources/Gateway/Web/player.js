// Plays returned audio, one piece right behind the other.

/** How long the first piece of an answer waits for the next ones, in seconds. */
const lead = 0.08;

export class Player {
  constructor() {
    this.context = new AudioContext();
    this.gain = this.context.createGain();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.analyser.connect(this.gain).connect(this.context.destination);
    this.heard = new Float32Array(this.analyser.fftSize);
    this.sources = new Set();
    this.end = 0;
    this.seconds = 0;
    this.gaps = 0;
  }

  /** Pages may sound only after a click: to be called in one. Where there is nothing to sound with, it never comes about. */
  resume() {
    return Promise.race([this.context.resume(), new Promise(done => setTimeout(done, 500))]);
  }

  get isSilent() {
    return this.context.state !== "running";
  }

  set muted(isMuted) {
    this.gain.gain.value = isMuted ? 0 : 1;
  }

  /** Queues mono samples. */
  play(samples, rate) {
    if (!samples.length) return;
    const buffer = this.context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples, 0);
    this.queue(buffer);
  }

  /** Queues a piece that says itself what it is: WAV, MP3, Ogg. */
  async playFile(bytes) {
    this.queue(await this.context.decodeAudioData(bytes.slice().buffer));
  }

  queue(buffer) {
    const now = this.context.currentTime;
    if (this.end < now) {
      // Less than half a second late is a gap in an answer, more is a pause before the next.
      if (this.end > 0 && now - this.end < 0.5) this.gaps += 1;
      this.end = now + lead;
    }
    const source = new AudioBufferSourceNode(this.context, {buffer});
    source.connect(this.analyser);
    source.onended = () => this.sources.delete(source);
    source.start(this.end);
    this.sources.add(source);
    this.end += buffer.duration;
    this.seconds += buffer.duration;
  }

  /** Seconds that are still to be heard. */
  get waiting() {
    return Math.max(0, this.end - this.context.currentTime);
  }

  /** What sounds now. */
  get samples() {
    this.analyser.getFloatTimeDomainData(this.heard);
    return this.heard;
  }

  /** Falls silent at once. */
  stop() {
    for (const source of this.sources) source.stop();
    this.sources.clear();
    this.end = 0;
  }
}
