import Testing
@testable import Vendors

@Suite struct ContradictionCheckTests {
  static let rows: [(yaml: String, said: String)] = [
    (
      "codec: {client: json_text}\n  audio: {client: binary}",
      "5:11: error: 'client' in audio of vendor 'test.one' is binary, which the codec 'json_text' has not"
    ),
    (
      "codec: {server: binary_audio}\n  audio: {server: {match: {a: 1}, path: b}}",
      "5:11: error: 'server' in audio of vendor 'test.one' is in JSON, which the codec 'binary_audio' has not"
    ),
    (
      "handshake: {required: [{header: X-Version}]}",
      "4:35: error: required header 'X-Version' in vendor 'test.one' is neither in 'headers' nor in 'forward'"
    ),
    (
      "handshake: {subprotocols: {require_echo: true}}",
      "4:30: error: subprotocols of vendor 'test.one' has 'require_echo' and so needs 'offer' or 'forward'"
    ),
    (
      "credential: {placement: [{query: k, of: key}], exchange: {provider: entra}}",
      "4:50: error: credential of vendor 'test.one' has 'exchange' and no placement that takes a token"
    ),
    (
      "codec: {client: eventstream}\n  audio: {client: binary}",
      "5:11: error: 'client' in audio of vendor 'test.one' is binary, which the codec 'eventstream' has not"
    ),
    (
      "codec: {server: protobuf}\n  audio: {server: {match: {a: 1}, path: b}}",
      "5:11: error: 'server' in audio of vendor 'test.one' is in JSON, which the codec 'protobuf' has not"
    ),
    (
      "codec: {client: msgpack}\n  audio: {client: {match: {a: 1}, path: b, when: {c: 1}}}",
      "5:11: error: 'client' in audio of vendor 'test.one' has 'when', which can be seen in JSON only and not with the codec 'msgpack'"
    ),
    (
      "credential: {placement: [signed: {by: sigv4, region: r}]}",
      "4:37: error: signed of vendor 'test.one' is by 'sigv4' and so needs 'service'"
    ),
    (
      "credential: {placement: [signed: {by: sigv4, service: s}]}",
      "4:37: error: signed of vendor 'test.one' is by 'sigv4' and so needs 'region'"
    ),
    (
      "credential: {placement: [signed: {by: sigv4, service: s, region: r, hash: sha1}]}",
      "4:71: error: 'hash' of signed in vendor 'test.one' means nothing to 'sigv4'"
    ),
    (
      "credential: {placement: [signed: {by: hmac_query, service: s}]}",
      "4:53: error: 'service' of signed in vendor 'test.one' means nothing to 'hmac_query'"
    ),
    (
      "credential: {placement: [signed: {by: hmac_request_line, expires: 5m}]}",
      "4:60: error: 'expires' of signed in vendor 'test.one' means nothing to 'hmac_request_line'"
    ),
    (
      "credential: {placement: [{signed: {by: hmac_query}, of: token}]}",
      "4:59: error: a placement of vendor 'test.one' is signed, which takes a key and no token"
    ),
    ("credential: {placement: [url_from_init: true]}", "4:27: error: vendor 'test.one' has 'url_from_init' and so needs 'init'"),
    ("keepalive: {every: 5s}", "4:15: error: keepalive of vendor 'test.one' has 'every' and so needs 'message'"),
    (
      "audio: {allowed: {input: {a: {codec: mulaw, min_rate: 9000, max_rate: 8000}}}}",
      "4:32: error: 'a' in allowed of vendor 'test.one' has a 'min_rate' above its 'max_rate'"
    ),
    (
      "audio: {allowed: {output: {a: {codec: mulaw, rates: [8000], default_rate: 9000}}}}",
      "4:77: error: 'a' in allowed of vendor 'test.one' has a 'default_rate' that is none of its 'rates'"
    ),
    ("regions: {default: {host: a}}", "'host', which is not a variable of its url"),
    ("close: {message: {id: \"{who}\"}}", "4:20: error: unknown variable '{who}' in close of vendor 'test.one'"),
  ]

  @Test(arguments: rows)
  func itIsSaidWhereItIs(yaml: String, said: String) {
    let problems = descriptor("test.one:\n  kind: speech_to_text\n  endpoint: {url: \"wss://a.example/\"}\n  \(yaml)").problems
    #expect(problems.count == 1 && problems[0].contains(said), "\(problems)")
  }

  @Test func choicesThatNothingNamesAreSaid() {
    let problems = descriptor(
      """
      test.one:
        kind: speech_to_text
        endpoint: {url: "wss://{host}/", choices: {hots: [a], host: [b]}, variables: {host: c}}
      """
    ).problems
    #expect(problems.count == 2, "\(problems)")
    #expect(
      problems.contains {
        $0.contains("3:46: error: 'hots' in choices of vendor 'test.one' is not a variable of its url; did you mean 'host'?")
      })
    #expect(problems.contains { $0.contains("'c' in vendor 'test.one' is none of the choices of 'host'") })
  }
}
