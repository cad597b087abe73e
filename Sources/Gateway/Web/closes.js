// Says in words why a session ended. closes.json holds the gateway's own codes, from Docs/CloseCodes.md.

const registry = fetch(new URL("closes.json", import.meta.url)).then(answer => answer.json()).catch(() => []);

/** RFC 6455 section 7.4.1. */
const standard = {
  1000: "normal end", 1001: "going away", 1002: "protocol error", 1003: "unacceptable kind of data", 1005: "no code", 1006: "no Close came",
  1007: "inconsistent data", 1008: "policy violation", 1009: "message too big", 1011: "internal error", 1012: "service restart",
  1013: "try again later", 1014: "bad gateway",
};

/** A reason may end in what only the session knows: `audio rejected: RULE`. */
const fits = (row, reason) => row.reason === reason
  || /[A-Z]{4,}$/.test(row.reason) && reason.startsWith(row.reason.replace(/[A-Z]{4,}$/, ""));

const sentence = text => text ? `${text[0].toUpperCase()}${text.slice(1)}.` : "";

const plain = text => text.replaceAll("`", "");

/**
 * `{title, text, advice, isGood}` for a close.
 *
 * `refusal` is what the gateway remembers of an opening that it refused, `codes` are the vendor's own.
 */
export async function explain({code, reason, wasStopped, wasOpen, wasReady, refusal, codes}) {
  const rows = await registry;
  if (wasStopped) return {title: "Stopped before the socket was open", text: "", advice: "", isGood: true};
  const quoted = reason ? ` “${reason}”` : "";
  if (refusal) {
    const row = rows.find(row => row.type === refusal.type && row.reason === refusal.reason) ?? rows.find(row => row.type === refusal.type);
    const again = refusal.retry_after ? `Try again in ${refusal.retry_after} s.` : row ? `Try again: ${plain(row.again)}.` : "";
    const how = wasOpen ? `closed with ${code}${quoted}` : `HTTP ${refusal.status}; the browser shows a script only 1006`;
    return {
      title: `Refused: ${refusal.message}`, advice: again, isGood: false,
      text: `${row ? sentence(plain(row.cause)) : ""} (${refusal.type}, ${how}; ${refusal.session} in the log.)`.trim(),
    };
  }
  const title = `Closed with ${code}${quoted}${standard[code] ? `: ${standard[code]}` : ""}`;
  if (code === 1006) {
    const text = wasOpen
      ? "The connection was lost without a Close: the network, a proxy on the way, or the gateway itself ended."
      : "The socket did not open, and a browser tells a script no more: the gateway is not there, or something before it refused.";
    return {title: "Closed with 1006: the connection was lost", text, advice: "Look whether the gateway runs, then try again.", isGood: false};
  }
  const own = reason ? rows.find(row => row.code === code && fits(row, reason) && (row.phase !== "opening") === wasReady)
    ?? rows.find(row => row.code === code && fits(row, reason)) : null;
  if (own) return {title, text: `The gateway: ${plain(own.cause)}.`, advice: `Try again: ${plain(own.again)}.`, isGood: code === 1000};
  const theirs = codes?.find(rule => rule.code === code && rule.reason && reason.startsWith(rule.reason))
    ?? codes?.find(rule => rule.code === code && !rule.reason);
  if (theirs?.meaning) {
    const again = {client: "after mending what was sent", authentication: "with another credential", quota: "later", retryable: "yes"};
    return {title, text: `The vendor: ${theirs.meaning}.`, advice: `Try again: ${again[theirs.class]}.`, isGood: false};
  }
  if (code === 1000 || code === 1005) return {title, text: "The session ended as it should.", advice: "", isGood: true};
  return {title, text: "The vendor closed; what its code means is not in the catalogue.", advice: "", isGood: false};
}
