import Glibc
import Testing
@testable import Telemetry

@Suite struct DescriptorWriterTests {
  private static func makePipe(nonBlocking: Bool) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    let result = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress!) }
    precondition(result == 0)
    if nonBlocking { ends.forEach { precondition(fcntl($0, F_SETFL, O_NONBLOCK) == 0) } }
    return (ends[0], ends[1])
  }

  private static func drain(_ descriptor: Int32) -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return all }
      all += buffer.prefix(count)
    }
  }

  @Test func linesOfManyTasksStayWhole() async {
    let (input, output) = Self.makePipe(nonBlocking: false)
    let sink = LogSink(descriptor: output)
    #expect(!sink.isTerminal)
    // Longer than PIPE_BUF, so that one write alone would not keep them apart.
    async let writing: Void = withTaskGroup(of: Void.self) { group in
      for task in 0..<4 {
        group.addTask {
          let line = [UInt8](repeating: UInt8(ascii: "a") + UInt8(task), count: 9000) + [10]
          for _ in 0..<20 { sink(line) }
        }
      }
      await group.waitForAll()
      close(output)
    }
    let reading = Task.detached { Self.drain(input) }
    await writing
    let lines = await reading.value.split(separator: 10)
    close(input)
    #expect(lines.count == 80)
    #expect(lines.allSatisfy { $0.count == 9000 && Set($0).count == 1 })
  }

  @Test func aStuckReaderCostsLinesNotTheGateway() {
    let (input, output) = Self.makePipe(nonBlocking: true)
    let writer = DescriptorWriter(output)
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 50_000) + [10]
    #expect(writer.write(line))
    #expect(!writer.write(line))
    let first = Self.drain(input)
    #expect(writer.write([UInt8(ascii: "y"), 10]))
    let second = Self.drain(input)
    // The line that was cut ends before the next begins.
    let lines = (first + second).split(separator: 10)
    #expect(lines.last.map(Array.init) == [UInt8(ascii: "y")])
    #expect(lines.count == 3)
    close(input)
    close(output)
  }

  @Test func aClosedDescriptorIsALostLine() {
    #expect(!DescriptorWriter(-1).write([10]))
  }
}
