import Glibc
import TestSupport
import Testing

/// A real browser, which shows its pages less than other clients see and checks what others don't.
struct SessionsBrowserTests {
  @Test func opensSendsAndHearsWhy() throws {
    let bench = try SessionsBench("browser", ["visits"], environment: ["JWT_SECRET": "a secret of thirty-two bytes and more"]) {
      port, program in
      """
      version: 1
      listeners: [{address: "127.0.0.1:0"}]
      admin: {address: "127.0.0.1:0"}
      authentication: {app: {type: jwt, secret: {env: JWT_SECRET}}}
      upstreams: {own: {url: "ws://127.0.0.1:\(port)"}}
      defaults: {origins: ["http://localhost:\(try program.number(after: "page "))"]}
      routes:
        /open: {upstream: own, authentication: none}
        /guarded: {upstream: own, authentication: [app]}
        /closing: {upstream: own, authentication: [app], refuse: close}
      """
    }
    try bench.tell()
    try bench.visit()
    try bench.visit()
    try bench.judge()
  }
}

extension SessionsBench {
  /// Opens the page that the program asks for, until it has the page's answer.
  func visit() throws {
    try program.wait(for: "visit ")
    try program.wait(for: "\n")
    let url = String(program.text.dropLast().split(separator: " ").last ?? "")
    let profile = TemporaryFolder()
    let browser = try ChildProcess([
      "sh", "-c", #"exec "$@" >"$0" 2>&1"#, profile.file("output"), "chromium", "--headless", "--no-sandbox", "--disable-gpu",
      "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0", "--user-data-dir=\(profile.path)", url,
    ])
    try program.wait(for: "visited")
    kill(browser.pid, SIGTERM)
    _ = try browser.finish()
  }
}
