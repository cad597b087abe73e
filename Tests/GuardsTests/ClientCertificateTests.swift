import Testing
@testable import Guards

@Suite struct ClientCertificateTests {
  @Test(
    arguments: [
      ("CN=alice,O=Example", "alice"), ("O=Example,CN=alice", "alice"), ("CN=alice+OU=x,O=Example", "alice"), ("O=Example", nil), ("", nil),
      ("CN=a\\,O=b", "a,O=b"), ("O=x\\,CN=root", nil), ("CN=a\\+b\\=c\\\\d", "a+b=c\\d"), ("CN=a\\2Cb", "a,b"), ("CN=\\C3\\A9", "é"),
      ("CN=a=b", "a=b"), ("CN=alice,CN=root", nil), ("OU=CN\\=root,CN=alice", "alice"), ("OU=x CN=root", nil), ("CN=", ""), ("CN=a\\", "a"),
      ("CN=#0C0161", nil), ("CN=\\#0C0161", "#0C0161"), ("CN=a\\00b", "a\0b"),
    ] as [(String, String?)])
  func commonName(subject: String, name: String?) {
    #expect(ClientCertificate(subject: subject, alternativeNames: []).commonName == name)
  }
}
