import JSON
import Testing
@testable import Vendors

@Suite struct HMACSignerTests {
  /// The example of https://www.xfyun.cn/doc/asr/voicedictation/API.html, with the key and secret that stand there.
  @Test func theExampleOfTheVendor() throws {
    let signer = HMACRequestLine(
      apiKey: "keyxxxxxxxx8ee279348519exxxxxxxx", apiSecret: "secretxxxxxxxx2df7900c09xxxxxxxx", hash: .sha256)
    let signed = signer.signed(try UpstreamURL("wss://iat-api.xfyun.cn/v2/iat"), unixTime: 1_562_744_143)
    #expect(
      signed.query["authorization"]
        == "YXBpX2tleT0ia2V5eHh4eHh4eHg4ZWUyNzkzNDg1MTlleHh4eHh4eHgiLCBhbGdvcml0aG09ImhtYWMtc2hhMjU2IiwgaGVhZGVycz0iaG9zdCBkYXRlIHJl"
        + "cXVlc3QtbGluZSIsIHNpZ25hdHVyZT0iSHAzVHk0WmtTQm1MOGpLeU9McFFpdjlTcjVudm1lWUVIN1dzTC9aTzJKZz0i")
    #expect(signed.query["date"] == "Wed, 10 Jul 2019 07:35:43 GMT")
    #expect(signed.query["host"] == "iat-api.xfyun.cn")
    #expect(HMACRequestLine.signatory(signed.query) == "keyxxxxxxxx8ee279348519exxxxxxxx")
  }

  @Test(arguments: ["", "authorization=", "authorization=%25", "authorization=YXBpX2tleT0i", "authorization=YWJj"])
  func anAuthorizationThatNamesNobody(query: String) { #expect(HMACRequestLine.signatory(Query(query)) == nil) }

  /// The text of https://cloud.tencent.com/document/product/1093/48982, whose key is not told there; the code by
  /// `openssl dgst -sha1 -hmac tencent-secret-key -binary | base64`.
  @Test func aSortedQuery() throws {
    let signer = HMACQuery(secretID: "AKIDEXAMPLE", secretKey: "tencent-secret-key", hash: .sha1, expires: 86_400)
    let url = try UpstreamURL(
      "wss://asr.cloud.tencent.com/asr/v2/125922?voice_id=c64385ee-3e5c-4fc5-bbfd-7c71addb35b0&voice_format=1&needvad=1"
        + "&engine_model_type=16k_zh")
    let signed = signer.signed(url, unixTime: 1_673_408_372, nonce: 1_673_408_372)
    #expect(signed.query["expired"] == "1673494772")
    #expect(signed.query["signature"] == "qxqLR0UnbMA6NUxvi/8b3PSuUKo=")
    #expect(signed.query.text.hasSuffix("&signature=qxqLR0UnbMA6NUxvi%2F8b3PSuUKo%3D"))
    #expect(signer.signed(signed, unixTime: 1_673_408_372, nonce: 1_673_408_372) == signed)
  }

  /// Names are sorted, not the texts that names and values make: `=` comes behind digits.
  @Test func namesAreSortedAndValuesAreSignedAsTheyAre() throws {
    let signer = HMACQuery(secretID: "i", secretKey: "k", hash: .sha256, expires: 1)
    let url = try UpstreamURL("wss://a.example/?a1=x&a=%E4%BD%A0")
    let text = "a.example/?a=你&a1=x&expired=2&nonce=7&secretid=i&timestamp=1"
    #expect(signer.signed(url, unixTime: 1, nonce: 7).query["signature"] == SignedURL.Hash.sha256.base64(text, "k"))
  }

  @Test func aNonceIsPositive() throws {
    let signer = HMACQuery(secretID: "i", secretKey: "k", hash: .sha256, expires: 1)
    #expect(signer.signed(try UpstreamURL("wss://a.example/"), unixTime: 1, nonce: 0).query["nonce"] == "1")
  }
}

extension SignedURL.Hash {
  fileprivate func base64(_ text: String, _ key: String) -> String { Base64.encode(code(of: text, key: key)) }
}
