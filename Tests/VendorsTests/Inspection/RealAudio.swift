import Glibc
import TestSupport
@testable import Vendors

/// A minute of speech, music, noise and silence, made by espeak-ng and sox, in whatever form ffmpeg writes it.
struct RealAudio: Sendable {
  static let shared = Result {
    atexit { RealAudio.remove() }
    return try RealAudio()
  }

  private static func remove() {
    if case .success(let made) = shared { _ = try? ChildProcess.run(["rm", "-r", made.folder.path]) }
  }

  private let folder = TemporaryFolder()

  private init() throws {
    let script = """
      set -e
      cd "$0"
      espeak-ng -v en -w speech.wav "The quick brown fox jumps over the lazy dog. Could you book a table for four, at seven o'clock tonight? \\
        Of course: what name shall I put it under, and is there anything that you don't eat?"
      sox -R -n noise.wav synth 10 pinknoise vol 0.3
      sox -R -n soft.wav synth 10 whitenoise vol 0.0001
      sox -R -n music.wav synth 10 pluck C3 synth 10 pluck mix E4
      sox -R -n loud.wav synth 6 square 440 vol 1.0
      sox -R -n silence.wav trim 0 14
      sox -R speech.wav -r 48000 -b 16 -c 1 spoken.wav
      for part in noise soft music loud silence; do sox -R $part.wav -r 48000 -b 16 -c 1 part-$part.wav; done
      sox -R spoken.wav part-silence.wav part-soft.wav spoken.wav part-music.wav part-noise.wav part-loud.wav mixed.wav
      """
    try ChildProcess.run(["/bin/sh", "-c", script, folder.path])
  }

  /// The bytes of the minute as ffmpeg writes them with these options.
  func bytes(_ options: String, rate: Int = 16_000, channels: Int = 1) throws -> [UInt8] {
    let name = "out-\(options.map { $0.isLetter || $0.isNumber ? $0 : "-" }.map(String.init).joined())-\(rate)-\(channels)"
    let words = options.split(separator: " ").map(String.init)
    try ChildProcess.run(
      ["ffmpeg", "-v", "error", "-y", "-i", folder.file("mixed.wav"), "-ar", "\(rate)", "-ac", "\(channels)"] + words + [folder.file(name)])
    return try WholeFile.read(folder.file(name))
  }

  /// Samples of the minute in a format that the tests' own encoder has to write.
  func bytes(as encoding: AudioEncoding, rate: Int = 16_000) throws -> [UInt8] {
    let wav = try WAVFile(reading: bytes("-f wav -c:a pcm_s16le", rate: rate))
    return AudioEncoder.encode(wav.samples, as: encoding) ?? []
  }
}
