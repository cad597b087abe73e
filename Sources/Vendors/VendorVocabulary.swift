extension VendorDescriptor {
  /// The part of the page that goes through a descriptor key by key, each with an example that a test reads.
  static let vocabulary = #"""
    ## From an API page to a descriptor

    Each piece below can be used on its own; together they make an entry of `vendors`. Leave out what the API page does not say.

    **Another vendor's protocol.** Keys that are not given are those of the other vendor; `null` removes one. Messages and matches are replaced as a whole.

    ```yaml
    like: openai.realtime
    endpoint: {url: "wss://{host}/v1/realtime", variables: {host: voice.example.com}}
    limits: null
    ```

    **URL, path and regions.** A `{name}` is filled by `variables`, the region, the upstream, or the rest of a `/*` route's path. Where only
    some values are possible, `choices` says so; a path cannot choose another.

    ```yaml
    endpoint:
      url: wss://{host}/v1/{voice_id}/{stream}
      choices: {stream: [stream-input, multi-stream-input]}
      path_suffix: ["/v1/{voice_id}/{stream}"]
      query:
        required: [model_id]
        defaults: {language: en}
        forced: {enable_logging: "false"}
        rename: {lang: language}
        comma_lists: [keyterms]
    regions:
      default: {host: api.example.com}
      eu: {host: api.eu.example.com}
    ```

    **Where the key goes.** One placement for each way that the vendor takes it; `of: token` where a short-lived token belongs.

    ```yaml
    credential:
      placement:
        - header: {name: Authorization, scheme: Token}
        - header: {name: xi-api-key}
        - headers: {X-Api-App-Key: "{app_id}", X-Api-Access-Key: "{secret}"}
        - query: access_token
          of: token
        - subprotocol: [realtime, "insecure-api-key.{secret}"]
        - first_message: {path: authorization.accessToken, template: "Bearer {secret}"}
      optional: true
    ```

    **A short-lived token for the key**, from one request or an identity service:

    ```yaml
    credential:
      placement: [{query: jwt, of: token}]
      exchange:
        rest_token:
          url: https://auth.example.com/v1/keys?type=rt
          headers: {Authorization: "Bearer {secret}"}
          body: {ttl: 60}
          value_path: key_value
          expires_path: expires_in
          default_ttl: 60s
          single_use: true
    ```

    ```yaml
    credential:
      placement: [{header: {name: Authorization, scheme: Bearer}, of: token}]
      exchange: {provider: entra, scope: "https://ai.azure.com/.default"}
    ```

    **A signature in place of the key.** Three ways to sign a URL are code, each a function of the request, the credential, the time and a
    random number. Signing comes last, so whatever the client, the route and the upstream say in the query is covered.

    ```yaml
    endpoint: {url: "wss://speech.{region}.example.com:8443/stream"}
    credential:
      placement:
        - signed: {by: sigv4, service: speech, region: "{region}", expires: 5m}
    ```

    ```yaml
    credential:
      placement:
        - signed: {by: hmac_request_line, hash: sha256, first_message: {path: common.app_id, template: "{app_id}"}}
    ```

    | `by` | fields of the credential | what is signed | parameters |
    |---|---|---|---|
    | `sigv4` (AWS) | `access_key_id`, `secret_access_key`, perhaps `session_token` | host, path, query | `X-Amz-...` |
    | `hmac_query` (Tencent Cloud) | `secret_id`, `secret_key` | host, path, sorted query | `secretid`, `expired`, `signature`, ... |
    | `hmac_request_line` (iFlytek) | `api_key`, `api_secret` | host, date, request line | `authorization`, `date`, `host` |

    An upstream gives such a credential field by field, or whole as a JSON object; names are compared without case, `_` and `-`, so what
    `aws configure export-credentials` prints is one.

    ```
    upstreams:
      transcribe:
        vendor: aws.transcribe
        region: eu-west-1
        credential:
          fields: {access_key_id: {env: AWS_ACCESS_KEY_ID}, secret_access_key: {file: /run/secrets/aws}}
      transcribe-by-role:
        vendor: aws.transcribe
        region: eu-west-1
        credential: {command: [aws, configure, export-credentials]}
    ```

    A client whose SDK signs is given the gateway's credential as the id of its key (`access_key_id`, `secret_id`, `api_key`), and anything
    as the key: what it made of it is removed, and the gateway's own signature takes its place.

    **A request that returns the URL.** The client's parameters go into its body or URL; what is left of them goes to the socket.

    ```yaml
    credential: {placement: [url_from_init: true]}
    init:
      url: https://api.example.com/v2/live?agent={query.agent_id}
      headers: {x-example-key: "{secret}"}
      body: {encoding: pcm, sample_rate: 16000}
      parameters: {encoding: encoding, sample_rate: sample_rate}
      url_path: url
      status: 201
      ttl: 15m
    audio:
      format:
        init_body: {input: {encoding: encoding, rate: sample_rate}}
    ```

    **Headers and subprotocols.** Of a header that is also in `forward` the client's value counts, if it sends one. `required` is what the vendor
    refuses to do without.

    ```yaml
    handshake:
      headers: {Example-Version: "2026-08-14", X-Connect-Id: "{uuid}"}
      forward: [Example-Version]
      required: [{header: Example-Version, query: example_version}]
      subprotocols: {offer: [example.v1.json], require_echo: true}
    strip: {headers: [OpenAI-Beta], query: [service], first_message: [debug]}
    ```

    **Frames and types of messages.** The opcode of a frame says too little: give what frames hold, and where a message has its type.

    ```yaml
    codec: {client: plain_text+binary_audio, server: json_any_opcode}
    discriminator: [{path: header.event}, {keys: [setupComplete, result.audioChunk]}]
    ```

    **A vendor's own framing.** Four codecs are code. Each shows a message as JSON, to which matches and paths apply, also for bytes in it; the
    messages themselves pass unchanged. Simulators and `voxgate call` write theirs the same way; the gateway sends no messages of its own to
    such a vendor, and ends a session with a close frame.

    ```yaml
    codec: {client: eventstream, server: eventstream}
    discriminator: [{path: "headers.:exception-type"}, {path: "headers.:event-type"}]
    audio: {client: {match: {"headers.:event-type": AudioEvent}, path: payload}}
    ```

    | codec | a message is shown as | bytes are at |
    |---|---|---|
    | `eventstream` (AWS) | `{"headers": {":event-type": ...}, "payload": ...}` | `payload`, unless its type is JSON |
    | `usp` (Azure Speech) | `{"headers": {"path": ...}, "body": ...}`, names in lower case | `body` of binary messages |
    | `volc` (Volcengine) | `{"type": ..., "last": ..., "sequence": ..., "code": ..., "payload": ...}` | `payload`, unless it is JSON |
    | `msgpack` | the value that it is | wherever they stand |
    | `protobuf` | nothing: it passes unread | |

    The `type` of `volc` is `full_client_request`, `audio_only`, `full_server_response`, `ack` or `error`. Checksums are checked, packed
    payloads are unpacked as far as 1 MiB, and messages beyond that are not read. With `audio.policy: reject`, what is none of the
    vendor's messages is refused (`malformed_frame`).

    **How audio travels.** Binary messages or base64 at a path, or several ways, some of them only once the session has chosen them.

    ```yaml
    audio:
      client:
        - {match: {type: input_audio_buffer.append}, path: audio}
        - {binary: true, when: {session.audio.input.transport: binary}}
      server: {match: {serverContent: {exists: true}}, path: "serverContent.parts[*].data"}
    ```

    **What the audio is.** `allowed` maps the vendor's names to what they are. The format is declared in one of six places: `query`,
    `message`, `init_body`, `per_message`, `server_message`, or nowhere (`defaults`). Values that say everything at once have a `pattern`,
    or stand in `composite` one by one.

    ```yaml
    audio:
      format:
        query: {output: {encoding: output_format}, pattern: ["{encoding}_{rate}_{bitrate}", "{encoding}_{rate}"]}
        defaults: {output: {encoding: mp3, rate: 44100}}
      allowed:
        input: {linear16: {codec: pcm_s16le}, wav: {codec: container}}
        output:
          pcm: {codec: pcm_s16le, min_rate: 8000, max_rate: 44100, default_rate: 24000}
          mp3: {codec: mp3, rates: [22050, 44100]}
          ulaw: {codec: mulaw, rates: [8000], channels: [1]}
      limits: {min_chunk: 50ms, max_chunk: 1s, realtime_factor: 1.25}
    ```

    ```yaml
    audio:
      format:
        message:
          match: {type: session.update}
          input: {encoding: session.input_audio_format}
          composite: {pcm16_8000hz: {encoding: pcm16, rate: 8000}}
      allowed: {input: {pcm16: {codec: pcm_s16le}}}
    ```

    **Before audio.** The client's first message, and the vendor's messages that let audio begin, in their order.

    ```yaml
    lifecycle:
      first_message: {match: {type: Settings}}
      ready: [{type: Welcome}, {type: SettingsApplied}]
    ```

    **Silence.** What is sent meanwhile, what answers the vendor's own pings, and after how long it closes.

    ```yaml
    memory: {context_id: {of: client, path: contextId}}
    keepalive:
      message: {type: KeepAlive, contextId: "{context_id}"}
      every: 8s
      needs_audio: true
      replies: [{match: {type: ping}, send: {type: pong, event_id: "{message.ping_event.event_id}"}}]
      signs: [{type: heartbeat}]
      ping: 30s
      ping_timeout: 60s
      idle_timeout: 20s
      idle_query: inactivity_timeout
      idle_close: {code: 1011, reason: NET-0001}
    ```

    **The end.** A message, a plain word (`close: {message: "<EOS>"}`), or an empty one (`message: ""`), and what comes then.

    ```yaml
    close:
      message: {message: EndOfStream, last_seq_no: "{binary_messages}"}
      await: {message: EndOfTranscript}
      drain: 5s
      code: 1000
    ```

    **Failures.** Matches are tried in their order. Classes: `client`, `authentication`, `quota`, `retryable`.

    ```yaml
    errors:
      messages:
        - {match: {error_code: {one_of: [401, 403]}}, code_path: error_code, message_path: error_message, class: authentication}
        - {match: {type: warning}, fatal: false}
      close_codes:
        - {code: 1008, reason: DATA-0000, class: client, meaning: the audio cannot be decoded}
        - {code: 4005, class: quota, meaning: quota exceeded}
      handshake: {header: x-error, body_path: err_msg}
    ```

    **What is billed.** `sum` where reports add up, `last` where each is the total so far, `max` where the greatest counts.

    ```yaml
    usage:
      reports:
        - match: {type: response.done}
          path: response.usage.total_tokens
          unit: tokens
          mode: sum
          dimensions: {cached: response.usage.cached_tokens}
        - {match: {total_ms: {non_zero: true}}, path: total_ms, unit: milliseconds, mode: last}
      fallback: audio_seconds
    limits: {max_session: 2h, max_message: 10MiB, concurrency: 20, compression: off}
    ```

    **What a plain client says and hears.** With it `voxgate call` can hold a conversation.

    ```yaml
    conversation:
      query: {interim_results: "true"}
      opening: [{type: session.update, model: "{query.model}"}]
      audio: {type: audio, encoding: raw}
      say: [{type: Speak, text: "{text}", voice: "{voice}"}]
      transcripts:
        - {match: {type: partial}, path: text, form: interim}
        - {match: {type: final}, path: "alternatives[0].text"}
      turn_end: [{type: final}]
    ```

    A match is a mapping of JSON paths to values; all of them have to hold. Instead of a value: `{exists: true}`, `{not: x}`,
    `{one_of: [a, b]}`, `{prefix: x}`, `{non_zero: true}`.

    """#
}
