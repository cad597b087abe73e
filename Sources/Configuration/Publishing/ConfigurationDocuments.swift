import JSON

extension GatewayConfiguration {
  /// The JSON Schema of `upstreams.yaml`, as `voxgate schema` prints it and Docs/upstreams.schema.json holds it.
  public static func schemaText() -> String {
    IndentedJSON.text(JSONSchema.document(of: section.shape(defaults: GatewayConfiguration()), title: "voxgate upstreams.yaml, version 1"))
  }

  /// The reference page of `upstreams.yaml`, as Docs/Configuration.md holds it.
  public static func referencePage() -> String {
    ReferencePage.markdown(of: section.shape(defaults: GatewayConfiguration()), title: "upstreams.yaml", introduction: introduction)
  }

  private static let introduction = """
    This page is generated from the fields that read the file; a test compares them. The same fields make
    [upstreams.schema.json](upstreams.schema.json), which editors use when the file begins with

    ```yaml
    # yaml-language-server: $schema=Docs/upstreams.schema.json
    ```

    `voxgate check` prints every problem of a file at once, each with its line, and exits with 78 when there is an error.

    | value | written as |
    |---|---|
    | duration | `250ms`, `30s`, `5m`, `1h`, `1d` |
    | size | `512B`, `64KiB`, `16MiB`, `1GiB`; `kB`, `MB` and `GB` are decimal |
    | rate | `10/1m`, `100/15m`; of bytes `64KiB/1s`; of audio `60s/1m` |
    | network | `10.0.0.0/8`, `2001:db8::/32`, or a single address |
    | path | absolute, or relative to the file itself |

    YAML anchors, aliases and merge keys (`<<`) work. A `.env` beside the file is read; variables set outside of it win.

    A key marked *not yet in effect* is read and checked, and `voxgate check` warns that it does nothing.

    """
}
