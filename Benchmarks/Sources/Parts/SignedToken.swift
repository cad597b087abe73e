/// A token of each algorithm with the key that verifies it, made once with `openssl genpkey`, `openssl dgst` and `openssl pkeyutl`: what is
/// measured is checking them. The private keys are nowhere.
struct SignedToken {
  let algorithm: String
  /// SubjectPublicKeyInfo, in base64.
  let key: String
  let token: String

  static let all = [
    SignedToken(
      algorithm: "RS256",
      key: """
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzHx59SgqrcYoUFtLcvN6R+5JyXFKbD2zruUBKNk2iUBDC9zFtIg0FAdOFfNz7gJa38mGVe3icwZb\
        oyd5RrGjk8dfVZL0FlkZmi+Vybn64HosE1ef29pHLx+ulSkikuih5/YQTNRkrR74plpf8MmPh8Gq9Y52QLmQuro0hA3I3Kktn2IyznakxbROzFzS48vxhiTg\
        RRj/c3mfCl090xG8dMtfHb5Mn5QYc4PF3o4o7sOC4gOFNIW7FNPwB4lcvaaSFomdeAbOiFaVgW0vVbOz7Xc9gLKtTjZwqtnP9Y4qv8HR6lbcfYfNhApgH46a\
        PPsgICwy4uAruWOkhZpcgmzm+QIDAQAB
        """,
      token: """
        eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyLTJmNmIxYyIsImlzcyI6Imh0dHBzOi8vaWQuZXhhbXBsZS5jb20iLCJhdWQiOiJ2b3h\
        nYXRlIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDM2MDAsInRpZXIiOiJnb2xkIn0.jID69-HM2hl93qBybr6gnxiHB0um6DAEac5fMN3x-ju1jzr\
        w3fusnRTHitVZZKF7uJgqsCcJgLsEkX0EYe36vDJ9c-odBf5nOYcDLuZRqnHg02BKKSYUjJIzOI9vsgI1cT8rKDZCn4F6A2fBdq0MaMKkheu7MNPvu0x0OFo\
        TKw5PNzaPhBU1Ycx8aOlx2aym0r1zv9xirAyNqv8akBJSPE8ORJ_1PTODUlreYtyl6OJYSn-Nzqzqd1kx6PmCFiriv0akK5nXIpQInY5m8lf-IhupUISp-9N\
        yFmoL75ZzliucLDgZmPwZ2O-m3RAAUaWjJutOOw4SmrE9OCSW0t3pfQ
        """),
    SignedToken(
      algorithm: "PS256",
      key: """
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzHx59SgqrcYoUFtLcvN6R+5JyXFKbD2zruUBKNk2iUBDC9zFtIg0FAdOFfNz7gJa38mGVe3icwZb\
        oyd5RrGjk8dfVZL0FlkZmi+Vybn64HosE1ef29pHLx+ulSkikuih5/YQTNRkrR74plpf8MmPh8Gq9Y52QLmQuro0hA3I3Kktn2IyznakxbROzFzS48vxhiTg\
        RRj/c3mfCl090xG8dMtfHb5Mn5QYc4PF3o4o7sOC4gOFNIW7FNPwB4lcvaaSFomdeAbOiFaVgW0vVbOz7Xc9gLKtTjZwqtnP9Y4qv8HR6lbcfYfNhApgH46a\
        PPsgICwy4uAruWOkhZpcgmzm+QIDAQAB
        """,
      token: """
        eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyLTJmNmIxYyIsImlzcyI6Imh0dHBzOi8vaWQuZXhhbXBsZS5jb20iLCJhdWQiOiJ2b3h\
        nYXRlIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDM2MDAsInRpZXIiOiJnb2xkIn0.Xc8FI5oPN4fRlxFQbjzrah75NRZ2kFCe0eQBceP9XNMJwpa\
        LC7-VMdhPni1vvOMKnD-NiqOShxtS8ArXyTjDZZta0JWzsa-avTCey4o40XRtYVG4Y9H1738dblInWfG1tphpdumZircaSBy1bdLRZmD_q0OUkQuYlDxvLOa\
        XgNmLx7CNgXKZPvG4N_tyykC-8udOdbyYt0MDRZoP7SJhlQIA4XZwOrPPFTu62sKQpth35bwwIHu0jOqWfYFahteDwgDWCFkr_z4brnmdBC7aWG356sQ8dqD\
        eMPqQO-hcRa1wUDujTcIcqrTtfbD5KQAd_qGnpubm6UGT4QJgTz2sLA
        """),
    SignedToken(
      algorithm: "ES256",
      key: """
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMD0KseFXoa394xPg6/hqAVMvY7hV/S8a6OGt9wDN/eK9F9RsEU4DKZ5QMScLwnBVP34idLt+awPW4GYCfAET\
        aA==
        """,
      token: """
        eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyLTJmNmIxYyIsImlzcyI6Imh0dHBzOi8vaWQuZXhhbXBsZS5jb20iLCJhdWQiOiJ2b3h\
        nYXRlIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDM2MDAsInRpZXIiOiJnb2xkIn0.qVLusKkEM2bjE02U2x_7Wda_uhZvhrdRu5X7KM-Q83a_CC-\
        tI0vUbYfN8O6nufuk_9_KpeWe392ZddCRXLsnmQ
        """),
    SignedToken(
      algorithm: "ES384",
      key: """
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEQ5Xt1WeKXNLmfcnLOEiuZIHT6//sS9kt5nGQ8m37Onx+iX1hvf+C/w44MjaiiCOVymBMCyY3Z904ABhmaTPsc6nt\
        tTXDzTDy6fdKF4e4zPD7CFuvgyG/ZAW5Fjoov2xd
        """,
      token: """
        eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyLTJmNmIxYyIsImlzcyI6Imh0dHBzOi8vaWQuZXhhbXBsZS5jb20iLCJhdWQiOiJ2b3h\
        nYXRlIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDM2MDAsInRpZXIiOiJnb2xkIn0.krPaSboZdTJtDFSg4ng7CsuBUTOZDosgcOMfkTSG4FN9y_f\
        yvom2KozOOPRk8GWajXFN-d-ACPEeb97H3PNKFv54bE2gx6SdAYcqrJh2HO0BslxTVBZzLOVgyyZOESwE
        """),
    SignedToken(
      algorithm: "ES512",
      key: """
        MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQB6KBOYoXD5WmLITayBUU6cuktQZPmvPMN0uM7odB2vCPh3ZSpjesEXEiIdkJ6o5roDjmsa8xZiDQLWi+Xu81R\
        nDEAZ1KqbWlDlYykLi0Lctz6zFiVxkbMzAw21Oy3iW5V/qhydlO6Cv3RNa+RlxUivfxJAItXsTslClN7b7Sm4Dmx+Mc=
        """,
      token: """
        eyJhbGciOiJFUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyLTJmNmIxYyIsImlzcyI6Imh0dHBzOi8vaWQuZXhhbXBsZS5jb20iLCJhdWQiOiJ2b3h\
        nYXRlIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDM2MDAsInRpZXIiOiJnb2xkIn0.AHWNkp9WvYnehwc3TjuDti63fytWzEa9d93Lo2fAElS1DBK\
        uORLsGH3tN3vP_SY990FCAzhORHN7RAQdujEJtM-oAJZMQhLwotUkntoYd5j45b6Rf4qWSC3qOuki6IKUfbcU_iQ9YRAIJy17LP_ehy-40cuJ3GdfCTeoSO4\
        JHkyyORPa
        """),
    SignedToken(
      algorithm: "EdDSA",
      key: """
        MCowBQYDK2VwAyEA6CPQG0/kK8r+gFv4b5SQitAhCCMOGu05hUoNlr/qrdc=
        """,
      token: """
        eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyLTJmNmIxYyIsImlzcyI6Imh0dHBzOi8vaWQuZXhhbXBsZS5jb20iLCJhdWQiOiJ2b3h\
        nYXRlIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDM2MDAsInRpZXIiOiJnb2xkIn0.SFq790Ye-TTPgmennoMgNY5AyEicZSJHuViurWwniBRL_Av\
        YuJQleSyLSGMhHvSPsFIs0M227VklSSTxiZfBBQ
        """),
  ]
}
