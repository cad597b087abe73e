import ArgumentParser
import Configuration
import Gateway
import Vendors
import WebSocket

struct Call: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Streams a WAV file through a route at the pace of speech and shows what comes back.",
    discussion: """
      The vendor is that of the URL's route in the route table, unless --vendor names it. What the vendor's descriptor says is done: the \
      format is declared (and converted to), the opening messages are sent, readiness is awaited, silence follows the recording until the \
      turn is over, then comes the closing message. An upstream without a vendor gets the file's audio as binary messages; what comes back \
      in binary messages is taken for audio in the same format.

      Times on the left are seconds since the call began. The figures at the end:

      to ready: from the start of the call (before DNS, TCP, TLS and the upgrade) to the message that makes the session ready, or to \
      the answered upgrade where nothing more is needed.
      to first transcript: from sending the first piece of audio that holds speech to the caller's first words, interim or final.
      to first audio: from sending the piece in which a stretch of speech ends to the first returned audio after it. Audio that comes \
      before any speech has ended, or while somebody speaks, does not count.
      answers: the same, for every stretch of speech that was answered.
      final transcripts: from sending the piece in which a stretch of speech ends to the first final transcript after it.
      audio gaps: between one message with audio and the next of the same answer.

      Percentiles are nearest ranks. Speech is found by loudness; where none is found, the whole recording counts as speech.

      Exits with 0; with 64 when the arguments make no sense; with 69 when the call was refused, failed, or was closed with anything but \
      its regular end; with 78 when the route table is wrong.
      """)

  @Argument(help: "Address of the route, such as ws://localhost:8080/deepgram-proxy.") var url: String
  @Argument(help: "The recording: PCM, float, A-law or mu-law, any rate.") var file: String
  @Option(help: "Credential for the route, sent as 'Authorization: Bearer'.") var token: String?
  @Option(help: "What is behind the URL, such as deepgram.listen, instead of what the route table says.") var vendor: String?
  @Option(help: "The route table in which the URL's path is looked up.") var config = "upstreams.yaml"
  @Option(help: "PEM file of the authorities to trust for wss, instead of the system's.") var ca: String?
  @Option(help: "Where returned audio goes. (default: the recording's name with .reply.wav, in the current directory)") var out: String?
  @Option(help: "How many times faster than speech audio is sent.") var speed = 1.0
  @Flag(help: "One JSON object for each event, and one with the figures at the end.") var json = false

  func validate() throws {
    guard (0.1...100).contains(speed) else { throw ValidationError("'--speed' is \(speed); expected 0.1 to 100") }
  }

  func run() async throws {
    let address = try Self.address(url)
    let recording = try Self.recording(file)
    let descriptor = try descriptor(for: address, recording)
    var settings = CallScript.Settings()
    settings.speed = speed
    let script: CallScript
    do throws(CallProblem) {
      script = try CallScript(descriptor, recording, query: Query(address.query), settings: settings)
    } catch {
      throw ValidationError(error.description)
    }
    var call = CallRunner(script, report: CallReport(json: json))
    let outcome = await call.run(to: address, token: token, authority: ca)
    let reply = try call.report.reply.flatMap { try ReplyFile(beside: file, named: out).write($0) }
    call.report.finish(call.script.figures, outcome, reply)
    if case .failed(let words) = outcome {
      Console.problem("error: \(words)")
      throw ExitCode.unavailable
    }
  }

  private static func address(_ text: String) throws -> WebSocketURL {
    do {
      return try WebSocketURL(text)
    } catch {
      // Without the text itself, as its query may hold a credential.
      throw ValidationError("the url has a bad \(error); expected one such as ws://localhost:8080/deepgram-proxy")
    }
  }

  private static func recording(_ path: String) throws -> WAVFile {
    do {
      return try WAVFile(reading: SmallFile.read(path, limit: 512 << 20))
    } catch let error as FileError {
      throw ValidationError(error.description)
    } catch {
      throw ValidationError("'\(path)': \(error)")
    }
  }

  /// What is known of whatever is behind the URL.
  private func descriptor(for address: WebSocketURL, _ recording: WAVFile) throws -> VendorDescriptor {
    if vendor != nil, !SmallFile.isReadable(config) { return try named(.builtIn()) }
    guard SmallFile.isReadable(config) else {
      throw ValidationError(
        "'\(config)' cannot be read, so nothing says what is behind the url; name it with --vendor, or a route table with --config")
    }
    let table = try RouteTable(config)
    if vendor != nil { return try named(table.catalogue) }
    let configuration = try table.checked()
    guard let route = configuration.route(for: address.path)?.route, let upstream = configuration.upstreams[route.upstream] else {
      let routes = configuration.routes.map(\.path.description).joined(separator: ", ")
      throw ValidationError("no route '\(address.path)' in '\(config)'; expected one of \(routes), or --vendor")
    }
    guard let name = upstream.vendor else { return .plain(speaking: recording.format) }
    guard let descriptor = table.catalogue[name] else { throw ValidationError("no vendor '\(name)'") }
    return descriptor
  }

  private func named(_ catalogue: Catalogue) throws -> VendorDescriptor {
    guard let vendor, let descriptor = catalogue[vendor] else {
      throw ValidationError("no vendor '\(vendor ?? "")'; expected one of \(catalogue.names.joined(separator: ", "))")
    }
    return descriptor
  }
}
