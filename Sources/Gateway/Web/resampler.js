// Changes the rate of a stream of samples.

const zeroCrossings = 16;
const perUnit = 256;

/** A windowed sinc (Hann): what is above half of the lower rate is filtered out rather than folded back. */
export class Resampler {
  constructor(from, to) {
    this.step = from / to;
    this.cutoff = Math.min(1, to / from) * 0.95;
    this.reach = Math.ceil(zeroCrossings / this.cutoff);
    this.kernel = Float32Array.from({length: this.reach * perUnit + 2}, (_, index) => {
      const x = index / perUnit;
      const window = x < this.reach ? 0.5 + 0.5 * Math.cos(Math.PI * x / this.reach) : 0;
      const angle = Math.PI * x * this.cutoff;
      return (x === 0 ? 1 : Math.sin(angle) / angle) * window * this.cutoff;
    });
    // The stream begins with silence.
    this.held = new Float32Array(this.reach);
    this.position = this.reach;
  }

  /** The samples that can be told from all that has come; those at the end need what follows. */
  process(samples) {
    if (this.step === 1) return samples;
    const input = new Float32Array(this.held.length + samples.length);
    input.set(this.held);
    input.set(samples, this.held.length);
    const output = [];
    while (this.position + this.reach < input.length) {
      output.push(this.at(this.position, input));
      this.position += this.step;
    }
    const done = Math.max(0, Math.floor(this.position) - this.reach);
    this.held = input.slice(done);
    this.position -= done;
    return Float32Array.from(output);
  }

  at(position, input) {
    let sum = 0;
    const last = Math.min(input.length - 1, Math.floor(position + this.reach));
    for (let index = Math.max(0, Math.ceil(position - this.reach)); index <= last; index += 1) {
      sum += input[index] * this.kernel[Math.round(Math.abs(index - position) * perUnit)];
    }
    return sum;
  }
}
