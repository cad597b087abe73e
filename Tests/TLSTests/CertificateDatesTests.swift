import TLS
import Testing

@Suite struct CertificateDatesTests {
  @Test func standing() {
    let (day, begin): (Int64, Int64) = (86_400, 1_795_000_000)
    let dates = CertificateDates(begin: begin, end: begin + 90 * day)
    let rows: [(at: Int64, CertificateDates.Standing)] = [
      (begin - 1, .notYetValid), (begin, .valid), (begin + 76 * day, .valid), (begin + 76 * day + 1, .ending), (begin + 90 * day, .ending),
      (begin + 90 * day + 1, .expired),
    ]
    for (now, standing) in rows { #expect(dates.standing(at: now) == standing, "\(now - begin)") }
    // What is over before it begins is over.
    #expect(CertificateDates(begin: begin, end: begin - day).standing(at: begin - 1) == .expired)
  }
}
