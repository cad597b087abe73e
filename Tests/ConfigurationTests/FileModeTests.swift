import Configuration
import Testing

@Suite struct FileModeTests {
  @Test(arguments: [("0660", 0o660), ("660", 0o660), ("0600", 0o600), ("0777", 0o777), ("000", 0)] as [(String, UInt32)])
  func modes(_ text: String, _ bits: UInt32) {
    #expect(FileMode(text)?.bits == bits)
    #expect(FileMode(bits: bits).description.suffix(3) == text.suffix(3) && FileMode(bits: bits).description.utf8.count == 4)
  }

  @Test(arguments: ["", "66", "0o660", "1660", "00660", "668", "rw-rw----", " 660", "-660"])
  func noModes(_ text: String) {
    #expect(FileMode(text) == nil)
  }
}
