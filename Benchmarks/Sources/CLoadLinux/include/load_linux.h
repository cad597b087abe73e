// The Linux calls that Swift's Glibc module does not show well: epoll, and calls that are variadic in C.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

static const uint32_t LOAD_EPOLLIN = EPOLLIN;
static const uint32_t LOAD_EPOLLOUT = EPOLLOUT;

/// `epoll_ctl` with the event's data given as an integer.
static inline int load_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data = {.u64 = data}};
  return epoll_ctl(epoll, operation, fd, &event);
}

/// `epoll_wait` with its timeout in nanoseconds; a negative one waits for ever.
static inline int load_epoll_wait(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds) {
  struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  return epoll_pwait2(epoll, events, capacity, nanoseconds < 0 ? 0 : &timeout, 0);
}

/// The data of an event as the integer that was given.
static inline uint64_t load_event_data(const struct epoll_event *event) { return event->data.u64; }

/// Lets timeouts of this thread fire within a microsecond instead of the default 50.
static inline void load_sharpen_timers(void) { prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL); }

/// `accept4`: a non-blocking socket, closed on exec, or -1.
static inline int load_accept(int listener) { return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC); }

/// A non-blocking IPv4 stream socket, closed on exec, or -1.
static inline int load_socket(void) { return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }
