import Testing
@testable import Vendors

@Suite struct JSONTextSearchTests {
  @Test func everyByteIsJudgedInEveryPlace() {
    for byte in UInt8.min ... .max {
      let isSpecial = byte == 0x22 || byte == 0x5C || byte < 0x20 || byte >= 0x80
      for place in 0..<19 {
        // What follows must not be taken for what is looked for: one more than it, and the greatest plain byte.
        for filler in [UInt8(0x20), 0x21, 0x23, 0x5B, 0x5D, 0x7F] {
          var text = Array(repeating: filler, count: 19)
          text[place] = byte
          let found = unsafe text.withUnsafeBytes { bytes in
            unsafe bytes.baseAddress.map { unsafe JSONTextSearch.special($0, from: 0, to: 19) }
          }
          #expect(found == (isSpecial ? place : 19), "byte \(byte) at \(place) in \(filler)")
        }
      }
    }
  }
}
