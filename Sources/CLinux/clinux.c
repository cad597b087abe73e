#define _GNU_SOURCE 1
#include <malloc.h>
#include <sched.h>
#include "clinux.h"

int clinux_processors(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  int count = CPU_COUNT(&set);
  return count > 0 ? count : 1;
}

void clinux_trim_heap(void) { malloc_trim(0); }
