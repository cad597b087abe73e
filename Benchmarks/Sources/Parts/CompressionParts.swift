import WebSocket

/// What permessage-deflate costs, with the gateway's default settings.
enum CompressionParts {
  /// How a connection uses its window.
  private enum Use: String, CaseIterable {
    case takeover = "context takeover"
    case alone = "no takeover"
    /// The memory is given back after every message. Of an inflater that only goes without takeover.
    case released = "released between messages"
  }

  private static let count = 64

  static func all(_ material: inout Material) -> [Part] {
    let events = material.events(count, size: 1024)
    return Use.allCases.map { deflate(events, $0) } + Use.allCases.map { inflate(events, $0) }
  }

  private static func deflate(_ events: [[UInt8]], _ use: Use) -> Part {
    let compressor = Compressor(contextTakeover: use == .takeover)
    return Part("deflate, 1 KB event, \(use.rawValue)", operations: count, bytes: 1024, isRight: { $0 > count * 20 && $0 < count * 1000 }) {
      events.reduce(0) { sum, event in
        let size = compressor.deflate(event)
        if use == .released { compressor.deflater.release() }
        return sum + size
      }
    }
  }

  private static func inflate(_ events: [[UInt8]], _ use: Use) -> Part {
    let compressor = Compressor(contextTakeover: use == .takeover)
    let compressed = events.map { event in
      let size = compressor.deflate(event)
      return Array(compressor.output[..<size])
    }
    return Part("inflate, 1 KB event, \(use.rawValue)", operations: count, bytes: 1024, expecting: count * 1024) {
      // Round and round: the first events refer to nothing, and what the others refer to is in the window.
      compressed.reduce(0) { sum, message in
        let size = compressor.inflate(message)
        if use == .released { compressor.inflater.release() }
        return sum + size
      }
    }
  }
}

/// Both ends of one direction of a connection.
private final class Compressor {
  var deflater: Deflater
  var inflater: Inflater
  let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 64)

  init(contextTakeover: Bool) {
    let parameters = DeflateParameters(serverNoContextTakeover: !contextTakeover)
    deflater = parameters.deflater(for: .server, settings: DeflateSettings())
    inflater = parameters.inflater(for: .client)
  }

  deinit { output.deallocate() }

  /// Answers how many bytes of `output` the message became; a negative number where it failed.
  func deflate(_ message: [UInt8]) -> Int {
    message.withUnsafeBytes { deflater.compress($0, into: output) ?? -1_000_000 }
  }

  func inflate(_ message: [UInt8]) -> Int {
    do {
      var offset = 0
      let size = try message.withUnsafeBytes { try inflater.inflate($0, at: &offset, into: output) }
      try inflater.finish()
      return size
    } catch {
      return -1_000_000
    }
  }
}
