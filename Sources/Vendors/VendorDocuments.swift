import Configuration
import JSON

extension VendorDescriptor {
  /// The page on vendor descriptors, as Docs/Vendors.md holds it: how to write one, and every key.
  public static func referencePage() -> String {
    let text = introduction + "\n" + vocabulary + "\n" + simulators
    return ReferencePage.markdown(of: section.shape(defaults: VendorDescriptor()), title: "Vendors", introduction: text)
  }

  static let introduction = #"""
    A vendor is described, not programmed. The catalogue inside the binary (Sources/Vendors/Catalogue) and the `vendors` section of your
    own upstreams.yaml have one format: name of the endpoint -> descriptor. `voxgate vendors` lists what is known, `voxgate vendors NAME`
    explains one, and your own entry replaces a built-in one of the same name. What is not known about a vendor is left out; each entry
    names its sources. Two things are code, chosen by a name in the descriptor: ways to sign a URL, and codecs for vendors' own binary
    formats.

    The second half of this page is generated from the fields that read a descriptor; a test compares them.

    ## A vendor in a few lines

    ```yaml
    vendors:
      example.stt:
        kind: speech_to_text
        source: https://docs.example.com/streaming
        endpoint:
          url: wss://{host}/v1/stream
          variables: {host: api.example.com}
          path_suffix: [/v1/stream]
          query: {required: [model]}
        credential:
          placement:
            - header: {name: Authorization, scheme: Bearer}
            - subprotocol: [bearer, "{secret}"]
        codec: {client: json_text+binary_audio, server: json_text}
        discriminator: [{path: type}]
        audio:
          client: binary
          format: {query: {input: {encoding: encoding, rate: sample_rate}}}
          allowed: {input: {pcm: {codec: pcm_s16le, rates: [8000, 16000]}}}
        lifecycle: {ready: [{type: ready}]}
        close: {message: {type: stop}, await: {type: end}}
        usage: {reports: [{match: {type: end}, path: seconds, unit: seconds, mode: last}]}
        simulation:
          on:
            open: [{send: {type: ready}}]
            speech_stopped: [{run: commit}]
            committed: [{send: {type: transcript, text: "{transcript}", start: "{start}"}}]
          messages:
            - match: {type: stop}
              steps: [{send: {type: end, seconds: "{seconds}"}}, {close: {code: 1000}}]
    ```

    An upstream names it, and a route names the upstream:
    `upstreams: {own: {vendor: example.stt, credential: {env: EXAMPLE_KEY}}}`, `routes: {/own: {upstream: own, authentication: none}}`.
    Without `EXAMPLE_KEY` the vendor's simulator answers there, made from `simulation`, and `voxgate call` can speak to it.
    [Examples/vendors](../Examples/vendors/example-vendor-upstreams.yaml) is a whole table with a vendor of its own.

    To begin, `voxgate vendors --new example.stt` prints a commented descriptor to fill in; `voxgate check` names what it still lacks, each
    with its line, and `voxgate probe` says whether the real vendor answers as described.

    ## Credentials

    The gateway sends its upstream credential in the first of `credential.placement`, exactly once. In **all** of them, and in
    `Authorization: Bearer|Token X`, a bare `Authorization`, `?token=` and the subprotocol pairs `token, X` and `bearer, X`, a client may
    put the *gateway's* credential, because that is where its SDK puts what it takes for the vendor's key. Whatever is found there is
    removed; of a subprotocol list, only members that bear no credential are ever answered. Two credentials that differ are refused.

    These never go on to an upstream: cookies, `Authorization`, `Origin`, `Host`, hop-by-hop and `Sec-WebSocket-*` headers, `Forwarded`,
    `X-Forwarded-*`, `X-Real-IP`, and every header and query parameter in which some vendor takes a credential. Other headers go on only
    where the descriptor (`handshake.forward`) or the route names them.

    ## Paths

    Official SDKs append their own path to the URL they are given. Behind a route that ends in `/*`, the rest must be one of
    `path_suffix`, and stands for the URL's own path. Empty segments, `.`, `..`, backslashes and escapes of slash, dot, percent and
    control characters are refused.

    """#

  private static let simulators = #"""
    ## Simulators

    Each descriptor's `simulation` makes a stand-in for the vendor. It demands the credential in its place, exactly once, the required
    parameters and an audio format that the vendor takes. It hears the audio: speech and pauses are found by loudness, and each syllable
    becomes one word of a fixed list, so the same audio gives the same transcript, however it was cut, with true times. Answers are the
    caller's own speech.

    `on` has steps for occasions, `messages` for client messages; the first whose `match` fits counts. A message that none fits, and that is
    no audio, is a `bad_message`: one that the vendor takes in silence, such as a keepalive, has an entry without `steps`. A step is one of
    `send`, `audio`, `close`, `run`, `say` and `remember`, with an optional `if` on `message`, `query` and variables.

    | occasion | when |
    |---|---|
    | `open` | the 101 is out |
    | `unauthorized` | the credential is wrong, where that is said only after the upgrade |
    | `too_early` | something came before `lifecycle.first_message` |
    | `bad_message`, `bad_format`, `undecodable` | no JSON or no known type; a format that is not allowed; audio that cannot be read |
    | `heard` | a message's audio was taken |
    | `speech_started`, `partial`, `speech_stopped` | as heard in the audio |
    | `committed` | after `run: commit`: the turn's transcript is final |
    | `nothing_heard` | instead of `committed` where there was no audio |
    | `response_started`, `response_text`, `response_audio`, `response_finished`, `response_cancelled` | after `run: respond` or `say` |
    | `expired` | `limits.max_session` is over |

    | in templates | is |
    |---|---|
    | `{transcript}` `{words}` `{start}` `{end}` `{duration}` (and `_ms`) | the turn |
    | `{start_ticks}` `{end_ticks}` `{duration_ticks}` | the same in units of 100 ns |
    | `{audio_messages}` | how many messages held audio |
    | `{seconds}` (and `_ms`) `{whole_seconds}` `{channels}` `{input_tokens}` `{output_tokens}` `{tokens}` | totals and usage |
    | `{audio}` `{delta}` `{reply}` | a piece of the answer, the words that begin in it, its whole text |
    | `{spoken}` (and `_ms`) `{characters}` `{total_characters}` | the answer's length, and that of its text; of all texts to be spoken |
    | `{uuid}` `{hex}` | fresh at each place |
    | `{session_id}` `{request_id}` `{item_id}` `{previous_item_id}` `{response_id}` `{reply_id}` `{turn}` `{sequence}` | ids |
    | `{created}` `{unix}` `{expires_at}` | dates |
    | `{message.…}` `{query.…}` | the client's message, its query |
    | `{heard}` `{pending}` `{speaking}` | there is speech in the turn; a turn has no answer yet; an answer is being spoken |
    | `{by_request}` `{by_itself}` | who ended the turn |
    | `{error}` `{param}` | what is wrong |

    A text that is nothing but one name takes the type of its value. Packet codecs (Opus, MP3, ...) are neither decoded nor made: the
    first are taken for speech by the clock, and PCM16 stands in for the others.

    Told to misbehave: `refuse:503`, `close:3:1011` (at the third message), `stall:2`, `garbage:1`.

    """#
}
