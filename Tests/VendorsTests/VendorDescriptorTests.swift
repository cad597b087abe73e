import Configuration
import Testing
import YAML
@testable import Vendors

/// Every mistake is an error at its place, with what was probably meant.
@Suite struct VendorDescriptorTests {
  static let mistakes: [(yaml: String, said: String)] = [
    (
      "  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  credentail: {}",
      "v.yaml:4:3: error: unknown key 'credentail' in vendor 'test.one'; did you mean 'credential'?"
    ),
    ("  endpoint: {url: wss://a.b/c}", "v.yaml:2:3: error: missing key 'kind' in vendor 'test.one'"),
    ("  kind: speech_to_txt\n  endpoint: {url: wss://a.b/c}", "did you mean 'speech_to_text'?"),
    (
      "  kind: speech_to_text\n  endpoint: {url: ftp://a.b/c}",
      "v.yaml:3:19: error: 'url' in endpoint of vendor 'test.one' must be a ws or wss url; found 'ftp://a.b/c'"
    ),
    ("  kind: speech_to_text\n  endpoint: {url: wss://a.b/c, path_suffix: [v1]}", "must begin with '/'"),
    (
      "  kind: speech_to_text\n  endpoint: {url: \"wss://{host}/\"}\n  regions: {eu: {hots: a.b}}",
      "v.yaml:4:18: error: region 'eu' in vendor 'test.one' sets 'hots', which is not a variable of its url; did you mean 'host'?"
    ),
    (
      "  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  credential: {placement: [{header: {name: X, sheme: Token}}]}",
      "did you mean 'scheme'?"
    ),
    (
      "  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  credential: {placement: [{subprotocol: [token]}]}",
      "must hold '{secret}' once"
    ),
    (
      "  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  credential: {placement: [{}]}",
      "needs 'header', 'headers', 'query', 'subprotocol', 'first_message', 'url_from_init' or 'signed'"
    ),
    ("  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  codec: {client: json}", "'client' in codec of vendor 'test.one' must be"),
    ("  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  audio: {client: binry}", "did you mean 'binary'?"),
    (
      "  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  audio: {allowed: {input: {l16: {codec: pcm_s16}}}}",
      "did you mean 'pcm_s16le'?"
    ),
    (
      "  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  audio: {allowed: {input: {linear16: {codec: pcm_s16le}}}, format: {defaults: {input: {encoding: linear61}}}}",
      "did you mean 'linear16'?"
    ),
    ("  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  keepalive: {every: 8}", "must be a duration"),
    (
      "  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  usage: {reports: [{match: {type: X}, path: \"a..b\", unit: tokens, mode: sum}]}",
      "must be a JSON path"
    ),
    ("  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  lifecycle: {ready: opne}", "did you mean 'open'?"),
    (
      "  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  errors: {close_codes: [{code: 99, class: client}]}",
      "must be an integer between 1000 and 4999"
    ),
    ("  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  lifecycle: {ready: [{type: {prefx: a}}]}", "did you mean 'prefix'?"),
    ("  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  simulation: {on: {opened: []}}", "did you mean 'open'?"),
    (
      "  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  simulation: {on: {open: [{send: {text: \"{transcrpt}\"}}]}}",
      "unknown variable '{transcrpt}' in simulation of vendor 'test.one'; did you mean 'transcript'?"
    ),
    (
      "  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  simulation: {on: {open: [{run: commit, audio: binary}]}}",
      "takes only one of"
    ),
    ("  kind: speech_to_text\n  endpoint: {url: wss://a.b/c}\n  simulation: {on: {open: [{run: comit}]}}", "did you mean 'commit'?"),
  ]

  @Test(arguments: mistakes)
  func aMistakeIsSaidWhereItIs(yaml: String, said: String) {
    let problems = descriptor("test.one:\n" + yaml).problems
    #expect(problems.count == 1, "\(problems)")
    #expect(problems.first?.contains(said) ?? false, "\(problems)")
  }

  static let secrets = [
    "handshake: {headers: {X-Api-Key: CANARYcanary0123456789}}", "handshake: {headers: {Authorization: Token CANARY}}",
    "handshake: {headers: {X-Thing: CANARY0123456789abcdef}}", "endpoint: {url: wss://a.b/c, query: {forced: {api_key: CANARY}}}",
  ]

  @Test(arguments: secrets)
  func aLiteralSecretIsRefusedAndNotShown(line: String) {
    let base = line.hasPrefix("endpoint") ? "" : "  endpoint: {url: wss://a.b/c}\n"
    let text = "test.one:\n  kind: speech_to_text\n\(base)  \(line)\n"
    var reader = Reader(file: "v.yaml")
    _ = Catalogue.with(Loader.load(text).root, &reader)
    var source = SourceText(text)
    for range in reader.secrets { source.cover(range) }
    #expect(reader.diagnostics.hasErrors)
    #expect(!reader.diagnostics.map { $0.rendered(in: source) }.joined().contains("CANARY"))
  }

  @Test func everyDimensionIsRead() throws {
    let (read, problems) = descriptor(
      """
      test.one:
        title: One
        kind: speech_to_speech
        source: somewhere
        endpoint:
          url: "wss://{host}/v1/{voice}/stream?x=1"
          variables: {host: a.example.com}
          path_suffix: "/v1/{voice}/stream"
          query: {defaults: {a: "1"}, forced: {b: [x, y]}, allow: [a], deny: c, rename: {d: e}, required: a, one_of: [[a, b]], comma_lists: k}
        credential:
          placement:
            - headers: {X-App: "{app}", X-Key: "{secret}"}
            - first_message: {path: auth.token, template: "Bearer {secret}"}
            - url_from_init: true
          exchange: {oauth_client_credentials: {url: "https://id.example.com/token", scope: s}}
        strip: {headers: X-A, query: [q], subprotocols: p, first_message: [a.b]}
        handshake: {headers: {X-Id: "{uuid}"}, forward: X-Trace, subprotocols: {offer: v1, forward: v2, require_echo: true, answer: v1}}
        init: {url: "https://a.example.com/init", body: {rate: "{rate}"}, url_path: url, status: 201, ttl: 60s, reconnect_same_url: true}
        codec: {client: binary_audio, server: json_any_opcode}
        discriminator: [{path: message}, {keys: [a, b]}]
        audio:
          client: binary
          server: {match: {event: audio}, path: "parts[*].data"}
          format: {per_message: {input: {rate: sample_rate}}}
          limits: {min_chunk: 50ms, max_chunk: 1s, max_chunk_bytes: 64KiB, realtime_factor: 2}
        lifecycle: {first_message: {match: {type: start}, template: {type: start}}, ready: [{status: {non_zero: true}}]}
        keepalive: {message: " ", every: 5s, only_when_idle: false, replies: [{match: {type: ping}, send: {type: pong, id: "{message.id}"}}], ping: 20s, ping_timeout: 30s, idle_timeout: 60s}
        close: {message: {type: stop}, await: {type: end}, drain: 5s, code: 1000}
        errors: {messages: [{match: {error: {exists: true}}, code_path: error.code, fatal: false}], handshake: {header: x-error}}
        usage: {reports: [{match: {type: end}, path: ms, unit: milliseconds, mode: max}], fallback: characters}
        limits: {max_session: 3h, max_message: 1MiB, concurrency: 2, compression: offer}
        regions: {default: {host: b.example.com}}
      """)
    #expect(problems == [])
    let one = try #require(read)
    #expect(one.endpoint.query.forced == [.init("b", "x"), .init("b", "y")])
    #expect(
      one.credential.placements == [
        .headers([.init(name: "X-App", template: "{app}"), .init(name: "X-Key", template: "{secret}")]),
        .firstMessage(path: "auth.token", template: "Bearer {secret}"), .urlFromInit,
      ])
    #expect(one.handshake.answer == .fixed("v1"))
    #expect(one.initRequest?.status == 201)
    #expect(one.discriminator.count == 2)
    #expect(one.keepalive.message?.fixedText == " ")
    #expect(one.keepalive.replies.count == 1)
    #expect(one.audio.limits.maxChunkBytes == 65_536)
    #expect(one.limits.compression == .offer)
    #expect(one.usage.reports.first?.mode == .max)
    #expect(one.errors.messages.first?.fatal == false)
  }
}
