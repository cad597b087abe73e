// Audio samples as bytes and back: PCM, floating point, G.711, and base64.

const clip = sample => Math.max(-1, Math.min(1, sample));

// Bytes of a sample, how to read it and how to write it.
const forms = {
  pcm_s8: [1, (view, at) => view.getInt8(at) / 128, (view, at, sample) => view.setInt8(at, Math.round(sample * 127))],
  pcm_u8: [1, (view, at) => view.getUint8(at) / 128 - 1, (view, at, sample) => view.setUint8(at, Math.round(sample * 127) + 128)],
  mulaw: [1, (view, at) => decodeMulaw(view.getUint8(at)) / 32768, (view, at, sample) => view.setUint8(at, encodeMulaw(sample * 32767))],
  alaw: [1, (view, at) => decodeAlaw(view.getUint8(at)) / 32768, (view, at, sample) => view.setUint8(at, encodeAlaw(sample * 32767))],
};
for (const [end, little] of [["le", true], ["be", false]]) {
  forms[`pcm_s16${end}`] = [
    2, (view, at) => view.getInt16(at, little) / 32768, (view, at, sample) => view.setInt16(at, Math.round(sample * 32767), little)];
  forms[`pcm_s32${end}`] = [
    4, (view, at) => view.getInt32(at, little) / 2147483648,
    (view, at, sample) => view.setInt32(at, Math.round(sample * 2147483647), little)];
  forms[`pcm_f32${end}`] = [4, (view, at) => view.getFloat32(at, little), (view, at, sample) => view.setFloat32(at, sample, little)];
}

export const isRaw = format => format?.encoding in forms;

/** Whether the page can make this from samples. */
export const canEncode = format => isRaw(format) || format.encoding === "container";

/** Mono samples from -1 to 1 as bytes; every channel gets the same. */
export function encode(samples, format) {
  const [size, , write] = forms[format.encoding === "container" ? "pcm_s16le" : format.encoding];
  const channels = format.channels || 1;
  const bytes = new Uint8Array(samples.length * size * channels);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const sample of samples) {
    for (let channel = 0; channel < channels; channel += 1, at += size) write(view, at, clip(sample));
  }
  return bytes;
}

/** The first channel of raw bytes. */
export function decode(bytes, format) {
  const [size, read] = forms[format.encoding];
  const frame = size * (format.channels || 1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({length: Math.floor(bytes.length / frame)}, (_, index) => read(view, index * frame));
}

/** The header of a WAV stream of PCM16 whose length is not known. */
export function wavHeader(rate) {
  const bytes = new Uint8Array(44);
  const view = new DataView(bytes.buffer);
  const text = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF"); text(8, "WAVEfmt "); text(36, "data");
  view.setUint32(4, 0xFFFFFFFF, true);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  view.setUint32(40, 0xFFFFFFFF, true);
  return bytes;
}

/** ITU-T G.711 mu-law. */
export function encodeMulaw(sample) {
  const magnitude = Math.min(Math.abs(Math.round(sample)), 32635) + 0x84;
  const exponent = 24 - Math.clz32(magnitude);
  return ~((sample < 0 ? 0x80 : 0) | exponent << 4 | (magnitude >> exponent + 3) & 15) & 0xFF;
}

export function decodeMulaw(byte) {
  const value = ~byte & 0xFF;
  const magnitude = (((value & 15) << 3) + 0x84 << (value >> 4 & 7)) - 0x84;
  return value & 0x80 ? -magnitude : magnitude;
}

/** ITU-T G.711 A-law. */
export function encodeAlaw(sample) {
  const whole = Math.round(sample);
  const magnitude = (whole < 0 ? ~whole : whole) >> 4;
  const exponent = 28 - Math.clz32(magnitude);
  const code = magnitude < 16 ? magnitude : exponent << 4 | magnitude >> exponent - 1 & 15;
  return ((whole < 0 ? 0 : 0x80) | code) ^ 0x55;
}

export function decodeAlaw(byte) {
  const value = byte ^ 0x55;
  const exponent = value >> 4 & 7;
  const mantissa = ((value & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : mantissa + 0x100 << exponent - 1;
  return value & 0x80 ? magnitude : -magnitude;
}

export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

/** The bytes of base64 in either alphabet; null for what is none. */
export function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), letter => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

/** Root mean square and peak of samples, from 0 to 1. */
export function level(samples) {
  let sum = 0, peak = 0;
  for (const sample of samples) {
    sum += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  return {rms: samples.length ? Math.sqrt(sum / samples.length) : 0, peak: Math.min(peak, 1)};
}
