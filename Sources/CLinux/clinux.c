#define _GNU_SOURCE 1
#include <dirent.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "clinux.h"

int clinux_processors(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  int count = CPU_COUNT(&set);
  return count > 0 ? count : 1;
}

void clinux_name_thread(pthread_t thread, const char *name) { pthread_setname_np(thread, name); }

/// Whether a thread of this process has that name.
static int is_named(const char *thread, const char *name) {
  char path[64], own[32] = "";
  snprintf(path, sizeof(path), "/proc/self/task/%s/comm", thread);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  if (fgets(own, sizeof(own), file)) own[strcspn(own, "\n")] = 0;
  fclose(file);
  return strcmp(own, name) == 0;
}

void clinux_yield_to(const char *name, int nice) {
  DIR *threads = opendir("/proc/self/task");
  if (!threads) return;
  struct dirent *entry;
  while ((entry = readdir(threads))) {
    int thread = atoi(entry->d_name);
    if (thread > 0 && !is_named(entry->d_name, name)) setpriority(PRIO_PROCESS, (id_t)thread, nice);
  }
  closedir(threads);
}

void clinux_trim_heap(void) { malloc_trim(0); }
