// Messages that are no JSON, as some vendors have them: opened into JSON with base64 in the place of bytes, and closed again from such.

import {matches} from "./message.js";
import {fromBase64, toBase64} from "./samples.js";

const utf8 = text => new TextEncoder().encode(text);
const text = bytes => new TextDecoder().decode(bytes);

function joined(...parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
  return bytes;
}

/** A number in bytes, the highest first. */
const number = (value, width) => Uint8Array.from({length: width}, (_, index) => Math.floor(value / 256 ** (width - 1 - index)) & 255);

/** Takes bytes from the front; asking for more than there are is an error. */
class Reader {
  constructor(bytes) {
    Object.assign(this, {bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0});
  }

  get left() { return this.bytes.length - this.at; }

  take(length) {
    if (length > this.left) throw new RangeError("a message that ends too early");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  number(width) { return this.take(width).reduce((sum, byte) => sum * 256 + byte, 0); }

  text(length) { return text(this.take(length)); }
}

function json(bytes) {
  try {
    return JSON.parse(text(bytes));
  } catch {
    return text(bytes);
  }
}

/** A body or payload: bytes from base64, a text as it is, nothing, or JSON. */
const body = (value, isAudio) => value == null ? new Uint8Array(0)
  : typeof value !== "string" ? utf8(JSON.stringify(value)) : isAudio ? fromBase64(value) : utf8(value);

/** CRC-32 as gzip has it. */
function checksum(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? sum >>> 1 ^ 0xEDB88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

/** AWS: headers and a payload between lengths and checksums. */
const eventstream = {
  // Bytes of a header's value by its type; of 6 and 7 they are counted in front of it.
  sizes: [0, 0, 1, 2, 4, 8, null, null, 8, 16],

  open(bytes) {
    const reader = new Reader(bytes);
    const total = reader.number(4), headersEnd = reader.number(4) + 12;
    reader.take(4);
    const headers = {};
    while (reader.at < headersEnd) {
      const name = reader.text(reader.number(1)), type = reader.number(1);
      const value = reader.take(this.sizes[type] ?? reader.number(2));
      headers[name] = type === 7 ? text(value) : toBase64(value);
    }
    const payload = reader.take(total - reader.at - 4);
    return {headers, payload: headers[":content-type"]?.includes("json") ? json(payload) : toBase64(payload)};
  },

  close(message, isAudio) {
    const headers = joined(...Object.entries(message.headers ?? {}).flatMap(([name, value]) => {
      const [key, words] = [utf8(name), utf8(value)];
      return [number(key.length, 1), key, number(7, 1), number(words.length, 2), words];
    }));
    const payload = body(message.payload, isAudio);
    const lengths = joined(number(16 + headers.length + payload.length, 4), number(headers.length, 4));
    const whole = joined(lengths, number(checksum(lengths), 4), headers, payload);
    return joined(whole, number(checksum(whole), 4));
  },
};

/** Azure Speech: header lines and a body, as text, or behind the length of the lines as bytes. */
const usp = {
  names: {path: "Path", "x-requestid": "X-RequestId", "x-timestamp": "X-Timestamp", "content-type": "Content-Type"},

  open(data) {
    if (typeof data !== "string") {
      const reader = new Reader(data);
      const headers = this.headers(reader.text(reader.number(2)));
      return {headers, body: toBase64(reader.take(reader.left))};
    }
    const end = data.indexOf("\r\n\r\n");
    return {headers: this.headers(end < 0 ? data : data.slice(0, end)), body: end < 0 ? "" : json(utf8(data.slice(end + 4)))};
  },

  headers: lines => Object.fromEntries(lines.split("\r\n").filter(Boolean).map(line => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  })),

  close(message, isAudio) {
    const lines = Object.entries(message.headers ?? {}).map(([name, value]) => `${this.names[name] ?? name}: ${value}\r\n`).join("");
    const bytes = body(message.body, isAudio);
    return isAudio ? joined(number(lines.length, 2), utf8(lines), bytes) : `${lines}\r\n${text(bytes)}`;
  },
};

/** Volcengine: four bytes, a sequence number perhaps, and a payload, packed or not, behind its length. */
const volc = {
  types: {full_client_request: 1, audio_only: 2, full_server_response: 9, ack: 11, error: 15},

  async open(bytes) {
    const reader = new Reader(bytes);
    const [first, second, third] = reader.take(4);
    reader.take(4 * ((first & 15) - 1));
    const type = Object.keys(this.types).find(name => this.types[name] === second >> 4);
    const message = {type, last: (second & 2) !== 0};
    // An answer bears a number whatever its flags say, or none: its length tells which.
    const hasNumber = type === "full_server_response" && new Reader(bytes.subarray(reader.at)).number(4) !== reader.left - 4;
    if (second & 1 || hasNumber) message.sequence = reader.number(4) | 0;
    if (type === "error") message.code = reader.number(4);
    let payload = reader.take(reader.number(4));
    if (third & 15 && payload.length) {
      const unpacked = new Blob([payload]).stream().pipeThrough(new DecompressionStream("gzip"));
      payload = new Uint8Array(await new Response(unpacked).arrayBuffer());
    }
    return {...message, payload: type === "audio_only" ? toBase64(payload) : json(payload)};
  },

  close({type, last, payload}, isAudio) {
    const bytes = body(payload, isAudio);
    return joined([0x11, this.types[type] << 4 | (last ? 2 : 0), isAudio ? 0 : 0x10, 0], number(bytes.length, 4), bytes);
  },
};

/** MessagePack: each message is one value. */
const msgpack = {
  open: bytes => unpacked(new Reader(bytes)),

  /** `audio`: the path of what is bytes. */
  close: (message, isAudio, audio) => packed(message, isAudio ? audio : null),
};

const times = (count, make) => Array.from({length: count}, make);

function unpacked(reader) {
  const head = reader.number(1);
  const value = () => unpacked(reader);
  const map = count => Object.fromEntries(times(count, () => [value(), value()]));
  if (head < 0x80) return head;
  if (head < 0x90) return map(head & 15);
  if (head < 0xA0) return times(head & 15, value);
  if (head < 0xC0) return reader.text(head & 31);
  if (head >= 0xE0) return head - 256;
  // Of a length of one, two or four bytes; of a number of one, two, four or eight.
  const counted = first => reader.number(1 << head - first);
  switch (head) {
    case 0xC0: return null;
    case 0xC2: case 0xC3: return head === 0xC3;
    case 0xC4: case 0xC5: case 0xC6: return toBase64(reader.take(counted(0xC4)));
    case 0xC7: case 0xC8: case 0xC9: return toBase64(reader.take(counted(0xC7) + 1).subarray(1));
    case 0xCA: return reader.view.getFloat32(reader.take(4) && reader.at - 4);
    case 0xCB: return reader.view.getFloat64(reader.take(8) && reader.at - 8);
    case 0xCC: case 0xCD: case 0xCE: case 0xCF: return counted(0xCC);
    case 0xD0: case 0xD1: case 0xD2: case 0xD3: {
      const bits = 8 << head - 0xD0;
      return Number(BigInt.asIntN(bits, BigInt(counted(0xD0))));
    }
    case 0xD9: case 0xDA: case 0xDB: return reader.text(counted(0xD9));
    case 0xDC: case 0xDD: return times(reader.number(head === 0xDC ? 2 : 4), value);
    case 0xDE: case 0xDF: return map(reader.number(head === 0xDE ? 2 : 4));
    // Extensions of fixed sizes: a type, and bytes.
    case 0xD4: case 0xD5: case 0xD6: case 0xD7: case 0xD8: return toBase64(reader.take((1 << head - 0xD4) + 1).subarray(1));
    default: throw new RangeError(`a value of type ${head}`);
  }
}

/** `audio`: the path to bytes in base64, or null. */
function packed(value, audio) {
  if (value === null) return [0xC0];
  if (typeof value === "boolean") return [value ? 0xC3 : 0xC2];
  if (typeof value === "number") {
    if (Number.isInteger(value) && value >= 0 && value < 0x80) return [value];
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setFloat64(0, value);
    return joined([0xCB], new Uint8Array(bytes.buffer));
  }
  if (typeof value === "string") {
    const bytes = audio?.length === 0 ? fromBase64(value) : utf8(value);
    return joined([audio?.length === 0 ? 0xC6 : 0xDB], number(bytes.length, 4), bytes);
  }
  const inner = (key, part) => packed(part, audio?.length && String(audio[0]) === String(key) ? audio.slice(1) : null);
  if (Array.isArray(value)) return joined([0xDD], number(value.length, 4), ...value.map((part, index) => inner(index, part)));
  const members = Object.entries(value);
  return joined([0xDF], number(members.length, 4), ...members.flatMap(([key, part]) => [packed(key, null), inner(key, part)]));
}

const framings = {eventstream, usp, volc, msgpack};

/** A vendor's framing by its plan; null where messages travel as they are. */
export const framingOf = plan => plan.framing && {
  /** What a message holds, or a promise of it. */
  open: data => framings[plan.framing.name].open(data),

  /** A message as it travels. */
  close(message) {
    const audio = plan.framing.audio.find(({match}) => matches(match, message));
    return framings[plan.framing.name].close(message, audio !== undefined, audio?.path);
  },
};
