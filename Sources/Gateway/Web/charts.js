// Line charts of the last minutes, which move.

import {element, short, styled} from "./elements.js";

/** A round number that is at least this, and half of it round as well. */
function ceiling(value) {
  if (value <= 0) return 1;
  const size = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map(step => step * size).find(step => step >= value * 1.0001) ?? 20 * size;
}

export class Chart {
  /** `series(history)` gives `[{name, color, points}]`; a point without a value is a gap. `empty` is said where there is no value at all. */
  constructor(title, unit, series, empty = "Nothing yet.") {
    Object.assign(this, {title, unit, series, empty});
    this.canvas = element("canvas", {role: "img"});
    this.legend = element("ul", {className: "legend"});
    this.node = element("section", {className: "card chart"}, element("h2", {textContent: title}), this.canvas, this.legend);
    this.context = this.canvas.getContext("2d");
  }

  draw(history, now) {
    const lines = this.series(history);
    this.explain(lines);
    const scale = devicePixelRatio || 1;
    const {canvas, context} = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = "11px system-ui, sans-serif";
    const top = ceiling(Math.max(0, ...lines.flatMap(({points}) => points.map(([, value]) => value ?? 0))));
    const marks = [0, 0.5, 1].map(share => ({share, text: short(top * share, this.unit)}));
    const left = Math.ceil(Math.max(...marks.map(({text}) => context.measureText(text).width))) + 8;
    const box = {left, right: width - 4, top: 8, bottom: height - 18};
    const span = history.span(now);
    this.grid(box, marks);
    this.times(box, span);
    if (!lines.some(({points}) => points.some(([, value]) => value !== null))) return this.say(this.empty, box);
    const x = at => box.right - (now - at) / span * (box.right - box.left);
    const y = value => box.bottom - value / top * (box.bottom - box.top);
    for (const {points, color} of lines) this.line(points.map(([at, value]) => [x(at), value === null ? null : y(value)]), styled(color), box);
  }

  grid(box, marks) {
    const {context} = this;
    context.strokeStyle = styled("--line");
    context.fillStyle = styled("--soft");
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const {share, text} of marks) {
      const y = Math.round(box.bottom - share * (box.bottom - box.top)) + 0.5;
      context.beginPath();
      context.moveTo(box.left, y);
      context.lineTo(box.right, y);
      context.stroke();
      context.fillText(text, box.left - 6, y);
    }
  }

  say(text, box) {
    Object.assign(this.context, {fillStyle: styled("--soft"), textAlign: "center", textBaseline: "middle", font: "13px system-ui, sans-serif"});
    this.context.fillText(text, (box.left + box.right) / 2, (box.top + 3 * box.bottom) / 4);
  }

  times(box, span) {
    const {context} = this;
    const width = box.right - box.left;
    const step = [10, 20, 30, 60, 120].find(seconds => seconds / span * width >= 70) ?? 120;
    context.textBaseline = "alphabetic";
    for (let seconds = 0; seconds <= span; seconds += step) {
      const x = box.right - seconds / span * width;
      const text = seconds === 0 ? "now" : step % 60 ? `−${seconds} s` : `−${seconds / 60} min`;
      context.textAlign = seconds === 0 ? "right" : "center";
      if (seconds === 0 || x - box.left > 16) context.fillText(text, x, box.bottom + 14);
    }
  }

  line(points, color, box) {
    const {context} = this;
    context.save();
    context.beginPath();
    context.rect(box.left, 0, box.right - box.left + 2, box.bottom + 2);
    context.clip();
    context.strokeStyle = context.fillStyle = color;
    context.lineWidth = 1.75;
    context.lineJoin = "round";
    context.beginPath();
    points.forEach(([x, y], index) => {
      if (y === null) return;
      const hasBefore = points[index - 1]?.[1] != null;
      if (hasBefore) context.lineTo(x, y);
      else context.moveTo(x, y);
    });
    context.stroke();
    this.shade(points, box);
    // A point between two gaps has no line.
    points.forEach(([x, y], index) => {
      if (y !== null && points[index - 1]?.[1] == null && points[index + 1]?.[1] == null) context.fillRect(x - 1.5, y - 1.5, 3, 3);
    });
    context.restore();
  }

  /** The ground below a line without gaps. */
  shade(points, box) {
    if (points.length < 2 || points.some(([, y]) => y === null)) return;
    const {context} = this;
    context.lineTo(points.at(-1)[0], box.bottom);
    context.lineTo(points[0][0], box.bottom);
    context.globalAlpha = 0.09;
    context.fill();
    context.globalAlpha = 1;
  }

  /** Names and values in words: for the eye, and for whoever cannot see the lines. */
  explain(lines) {
    const entries = lines.map(({name, points}) => {
      const value = points.at(-1)?.[1];
      return `${name}: ${value == null ? "–" : short(value, this.unit)}`;
    });
    const text = entries.join(", ");
    if (text === this.text) return;
    this.text = text;
    this.canvas.setAttribute("aria-label", `${this.title}: ${text || this.empty}`);
    this.legend.replaceChildren(...entries.map((entry, index) => {
      const item = element("li", {}, element("i"), entry);
      // Through the object model, which the content policy allows, unlike an attribute.
      item.firstChild.style.background = `var(${lines[index].color})`;
      return item;
    }));
  }
}
