import Configuration
import Vendors

/// What looking into messages costs.
enum InspectionParts {
  static func all(_ material: inout Material) throws(PartFailure) -> [Part] {
    let append = material.append(5 << 10)
    let samples = material.samples(640)
    do {
      let plain = try AudioPlan(.plain(speaking: AudioFormat(encoding: .pcmS16LE, rate: 16_000)), .input, route: route)
      let openAI = try AudioPlan(try vendor("openai.realtime"), .input, route: route)
      return [
        base64(append.message, audio: append.audio), try scan(append.message, audio: append.audio),
        inspect("audio inspection, 640 B binary", plain, samples, isText: false),
        inspect("audio inspection, 5 KB append", openAI, append.message, isText: true),
        conduct("conduct, 640 B binary", try ConductPlan(try vendor("deepgram.listen")), samples, isText: false),
        conduct("conduct, 5 KB append", try ConductPlan(try vendor("openai.realtime")), append.message, isText: true),
      ]
    } catch let failure as PartFailure {
      throw failure
    } catch {
      throw PartFailure(text: "\(error)")
    }
  }

  private static var route: RouteAudio {
    var route = RouteAudio()
    route.policy = .reject
    return route
  }

  private static func vendor(_ name: String) throws(PartFailure) -> VendorDescriptor {
    guard let vendor = Catalogue.builtIn()[name] else { throw PartFailure(text: "no '\(name)' in the catalogue") }
    return vendor
  }

  /// The text alone, as it stands in the message.
  private static func base64(_ message: [UInt8], audio: Int) -> Part {
    let letters = Array(message.split(separator: UInt8(ascii: "\"")).max { $0.count < $1.count } ?? [])
    return Part("base64 validation, 5 KB", bytes: letters.count, expecting: audio) {
      var validator = Base64Validator()
      letters.withUnsafeBytes { validator.consume($0) }
      return validator.problem == nil ? validator.decodedCount : -1
    }
  }

  /// The whole grammar, the type kept and the base64 checked.
  private static func scan(_ message: [UInt8], audio: Int) throws -> Part {
    guard let type = JSONPath("type"), let path = JSONPath("audio") else { throw PartFailure(text: "no paths") }
    var scanner = JSONScanner(try JSONPathSet([type], base64: path))
    return Part("JSON scan, 5 KB append", bytes: message.count, expecting: audio) {
      scanner.begin()
      message.withUnsafeBytes { scanner.consume($0) }
      return scanner.end() == .complete ? scanner.decodedCount : -1
    }
  }

  private static func inspect(_ name: String, _ plan: AudioPlan, _ message: [UInt8], isText: Bool) -> Part {
    var inspector = AudioInspector(plan)
    var now: Int64 = 0
    return Part(name, bytes: message.count, expecting: 1) {
      now += 20
      inspector.begin(isText: isText)
      message.withUnsafeBytes { inspector.consume($0) }
      return inspector.end(now: now) == .pass && inspector.audioNanoseconds > 0 ? 1 : 0
    }
  }

  /// What a message of the client costs a session whose gateway follows its vendor's protocol.
  private static func conduct(_ name: String, _ plan: ConductPlan, _ message: [UInt8], isText: Bool) -> Part {
    var conduct = SessionConduct(plan)
    var now: Int64 = 0
    _ = conduct.open(now: now)
    return Part(name, bytes: message.count, expecting: 1) {
      now += 20
      if conduct.begin(.client, isText: isText) { message.withUnsafeBytes { conduct.consume(.client, $0) } }
      _ = conduct.end(.client, bytes: UInt64(message.count), now: now)
      return conduct.hasHeardClient ? 1 : 0
    }
  }
}
