import Glibc
import TestSupport
import Testing

/// Programs of these tests begin as they would from a shell, whatever the thread that starts them.
@Suite struct ChildProcessTests {
  @Test func signals() throws {
    var (all, before) = (sigset_t(), sigset_t())
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    let status = try ChildProcess.run(["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"]).split(separator: "\n")
    #expect(status.first == "SigBlk:\t0000000000000000")
    let ignored = status.last?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
    #expect(ignored.map { $0 & 1 << UInt64(SIGPIPE - 1) } == 0, "a write to nobody ends a program")
  }
}
