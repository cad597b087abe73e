// A level meter: the last seconds of one direction, RMS filled and peaks behind it.

import {level} from "./samples.js";
import {styled} from "./elements.js";

/** Decibels below full scale at the bottom. */
const floor = -60;

const height = value => Math.max(0, 1 - 20 * Math.log10(Math.max(value, 1e-6)) / floor);

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Meter {
  /** `color` names a colour of the style sheet. */
  constructor(canvas, label, color) {
    Object.assign(this, {canvas, label, color, bars: [], rms: 0, peak: 0, loudest: 0, shown: 0});
    this.context = canvas.getContext("2d");
  }

  /** Takes samples of any number, to be drawn with the next bar. */
  push(samples) {
    const {rms, peak} = level(samples);
    this.rms = Math.max(this.rms, rms);
    this.peak = Math.max(this.peak, peak);
  }

  /** Draws one more bar; to be called some twenty times a second. */
  tick(now) {
    const {canvas} = this;
    const scale = devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * scale), tall = Math.round(canvas.clientHeight * scale);
    if (canvas.width !== width || canvas.height !== tall) Object.assign(canvas, {width, height: tall});
    const step = Math.max(3, Math.round(4 * scale));
    this.loudest = Math.max(this.loudest, this.peak);
    this.bars.push([height(this.rms), height(this.peak)]);
    this.bars.splice(0, Math.max(0, this.bars.length - Math.ceil(width / step)));
    if (now - this.shown > 500) this.say(now);
    this.draw(width, tall, step);
    this.rms = this.peak = 0;
  }

  /** For those who do not see it, and for those who do, in decibels. */
  say(now) {
    this.shown = now;
    const decibels = this.loudest > 0 ? Math.round(20 * Math.log10(this.loudest)) : null;
    this.loudest = 0;
    const value = Math.max(floor, decibels ?? floor);
    this.canvas.setAttribute("aria-valuenow", value);
    this.canvas.setAttribute("aria-valuetext", decibels === null ? "silence" : `${value} dB`);
    this.label.textContent = decibels === null || decibels < floor ? "silent" : `${value} dB`;
  }

  draw(width, tall, step) {
    const {context} = this;
    context.clearRect(0, 0, width, tall);
    const color = styled(this.color);
    const bars = still.matches ? this.bars.slice(-1) : this.bars;
    bars.forEach(([rms, peak], index) => {
      const x = still.matches ? 0 : width - (bars.length - index) * step;
      const wide = still.matches ? width : step - Math.max(1, Math.round(step / 4));
      for (const [value, alpha] of [[peak, 0.3], [rms, 1]]) {
        const half = Math.max(0.5, value * tall / 2);
        context.globalAlpha = alpha;
        context.fillStyle = color;
        context.fillRect(x, tall / 2 - half, wide, half * 2);
      }
    });
    context.globalAlpha = 1;
  }
}
