// The few Linux calls of the data path that Swift's Glibc module does not show: epoll, eventfd, and calls that are variadic in C.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/// A duplicate of `fd` that is closed on exec, or -1.
static inline int clinux_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 0); }

/// `epoll_ctl` with the event's data given as an integer.
static inline int clinux_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data = {.u64 = data}};
  return epoll_ctl(epoll, operation, fd, &event);
}

/// The data of an event as the integer that was given.
static inline uint64_t clinux_event_data(const struct epoll_event *event) { return event->data.u64; }

static const uint32_t CLINUX_EPOLLIN = EPOLLIN;
static const uint32_t CLINUX_EPOLLOUT = EPOLLOUT;
static const uint32_t CLINUX_EPOLLERR = EPOLLERR;
static const uint32_t CLINUX_EPOLLHUP = EPOLLHUP;
static const uint32_t CLINUX_EPOLLRDHUP = EPOLLRDHUP;
static const uint32_t CLINUX_EPOLLET = EPOLLET;
static const uint32_t CLINUX_EPOLL_CLOEXEC = EPOLL_CLOEXEC;
static const int32_t CLINUX_EVENTFD_FLAGS = EFD_NONBLOCK | EFD_CLOEXEC;

/// recv(2) and send(2) without a signal, as they are: the C library's make each call of a program with threads a cancellation point, which
/// costs about as much as all that is done with a message here.
static inline ssize_t clinux_receive(int fd, void *buffer, size_t size) { return syscall(SYS_recvfrom, fd, buffer, size, 0, NULL, NULL); }
static inline ssize_t clinux_send(int fd, const void *bytes, size_t count) {
  return syscall(SYS_sendto, fd, bytes, count, MSG_NOSIGNAL, NULL, 0);
}

/// Milliseconds of the monotonic clock.
static inline int64_t clinux_milliseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/// How many processors this process may run on (sched_getaffinity(2)); at least 1.
int clinux_processors(void);

/// Names a thread, for whoever lists those of the process; 15 bytes at most (pthread_setname_np(3)).
void clinux_name_thread(pthread_t thread, const char *name);

/// Makes every thread of this process but those named `name` as nice to these as `nice` says (setpriority(2)). Threads that are made later
/// have the priority of the thread that makes them. What the system does not allow changes nothing.
void clinux_yield_to(const char *name, int nice);

/// Gives whole pages that nothing on the heap uses back to the system (malloc_trim(3)).
void clinux_trim_heap(void);
