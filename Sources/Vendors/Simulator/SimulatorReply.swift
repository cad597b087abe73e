/// An answer that is being spoken: pieces of audio and the words that go with them, paced by the clock.
struct SimulatorReply: Sendable {
  let id: String
  let text: String
  /// Seconds of the client's audio that it answers.
  let heardSeconds: Double
  /// At the output's rate.
  let samples: [Int16]
  let rate: Int
  private let chunk: Int
  private let words: [Substring]
  private let interval: Duration
  private var position = 0
  private var spoken = 0
  private(set) var dueAt: Duration

  init(id: String, text: String, samples: [Int16], rate: Int, heardSeconds: Double, response: Simulation.Response) {
    self.id = id
    self.text = text
    self.samples = samples
    self.rate = max(rate, 1)
    self.heardSeconds = heardSeconds
    chunk = max(self.rate * Int(response.chunk / .milliseconds(1)) / 1000, 1)
    words = text.split(separator: " ", omittingEmptySubsequences: true)
    interval = response.chunk / response.pace
    dueAt = .zero
  }

  /// Its first audio is due a delay after it began, which may be later than when it was made.
  mutating func start(at now: Duration, delay: Duration) { dueAt = now + delay }

  var seconds: Double { Double(samples.count) / Double(rate) }
  var spokenSeconds: Double { Double(min(position, samples.count)) / Double(rate) }

  var isFinished: Bool { position >= samples.count }

  /// The next piece, with the words that begin in it.
  mutating func next() -> (samples: [Int16], delta: String) {
    let end = min(position + chunk, samples.count)
    let piece = Array(samples[position..<end])
    position = end
    dueAt += interval
    let reached = isFinished ? words.count : words.count * position / max(samples.count, 1)
    let delta = words[spoken..<max(reached, spoken)].joined(separator: " ")
    // Deltas put together are the whole text, so blanks belong to them.
    let text = delta.isEmpty ? "" : (spoken == 0 ? delta : " " + delta)
    spoken = max(reached, spoken)
    return (piece, text)
  }
}
