import Testing
@testable import Tokens

@Suite struct VerifiedSignaturesTests {
  private static func fingerprint(_ text: String) -> Fingerprint { Fingerprint(of: text) }

  @Test func theOldestMakesRoom() {
    let verified = VerifiedSignatures(capacity: 3)
    for name in ["a", "b", "a", "c", "d", "e"] { verified.insert(Self.fingerprint(name)) }
    let known = ["a", "b", "c", "d", "e"].filter { verified.contains(Self.fingerprint($0)) }
    #expect(known == ["c", "d", "e"])
  }

  /// What is different in anything that counts has another name, also where the same bytes stand in a row.
  @Test func nothingRunsTogether() {
    let rows: [([UInt8], [UInt8], SigningAlgorithm)] = [
      ([1, 2], [3, 4], .rs256), ([1, 2, 3], [4], .rs256), ([1], [2, 3, 4], .rs256), ([1, 2], [3, 4], .rs384), ([1, 2], [3, 5], .rs256),
    ]
    #expect(Set(rows.map { VerifiedSignatures.fingerprint($0, of: $1, $2) }).count == rows.count)
  }

  /// A signature is good again, for the same text and the same key only, and what was bad stays bad.
  @Test(arguments: StandardSignature.all)
  func onlyTheSameAgain(row: StandardSignature) throws {
    let key = try JSONWebKey(row.key).key
    for _ in 0..<3 {
      #expect(key.verifies(row.signature, of: row.input, algorithm: row.algorithm))
      for index in [0, row.signature.count - 1] {
        var other = row.signature
        other[index] ^= 1
        #expect(!key.verifies(other, of: row.input, algorithm: row.algorithm))
      }
      #expect(!key.verifies(row.signature, of: row.input + [0], algorithm: row.algorithm))
      for other in SigningAlgorithm.allCases where other != row.algorithm {
        #expect(!key.verifies(row.signature, of: row.input, algorithm: other))
      }
    }
    #expect(key.verifiesAnew(row.signature, of: row.input, algorithm: row.algorithm))
  }
}
