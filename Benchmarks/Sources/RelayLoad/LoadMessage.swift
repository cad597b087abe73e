import CLoadOpenSSL

/// What every session of a run sends: made once, so that sending costs the generator next to nothing.
final class LoadMessage {
  let request: [UInt8]
  let accept: String
  let opcode: UInt8
  let payload: [UInt8]
  let frame: [UInt8]
  let closeFrame: [UInt8]
  private let key: UInt32

  init(_ plan: LoadPlan) {
    let nonce = Opening.makeKey()
    request = Array(Opening.request(plan.endpoint, key: nonce).utf8)
    accept = Opening.accept(for: nonce)
    var random = [UInt8](repeating: 0, count: 4)
    RAND_bytes(&random, Int32(random.count))
    key = random.withUnsafeBytes { $0.load(as: UInt32.self) }
    opcode = plan.payload.opcode
    payload = plan.payload.message(of: plan.bytes)
    frame = Frame.masked(opcode: opcode, payload, key: key)
    closeFrame = Frame.masked(opcode: FrameHeader.close, [0x03, 0xE8], key: key)
  }

  func pong(_ payload: [UInt8]) -> [UInt8] { Frame.masked(opcode: FrameHeader.pong, payload, key: key) }
}
